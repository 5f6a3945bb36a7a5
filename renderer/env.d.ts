/// <reference types="svelte" />
/// <reference types="vite/client" />

/** True only in the development server's demo mode: the product bundle drops the branch. */
declare const __DEMO__: boolean;

/** What the preload exposes in Electron. */
interface MezzotintBridge {
  /** Resolves to the channel's `Result`; never rejects for a refused call. */
  call(name: string, payload: unknown): Promise<unknown>;
  onPush(listener: (push: unknown) => void): () => void;
}
interface Window {
  readonly mezzotint?: MezzotintBridge;
}
