/// <reference types="svelte" />
/// <reference types="vite/client" />

/** What the preload exposes in Electron. */
interface MezzotintBridge {
  /** Resolves to the channel's `Result`; never rejects for a refused call. */
  call(name: string, payload: unknown): Promise<unknown>;
  onPush(listener: (push: unknown) => void): () => void;
  /** Where a dropped or chosen file lies; '' where it lies nowhere. */
  pathOf?(file: File): string;
}
interface Window {
  readonly mezzotint?: MezzotintBridge;
}

/** The part of gifenc that is used; the package has no types of its own. */
declare module 'gifenc' {
  type Palette = [number, number, number][];
  export function GIFEncoder(): {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: {
        palette?: Palette;
        delay?: number;
        transparent?: boolean;
        transparentIndex?: number;
        dispose?: number;
      },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, colours: number): Palette;
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array;
}
