/** One answer under way: whole, as JSON, or a stream of server-sent events or JSON lines that is never silent for long. */
import type { ServerResponse } from 'node:http';
import { envelope, type ApiError } from './errors.ts';

export type StreamKind = 'events' | 'lines';
const types: Record<StreamKind, string> = {
  events: 'text/event-stream; charset=utf-8',
  lines: 'application/x-ndjson; charset=utf-8',
};

export class Answer {
  readonly #response: ServerResponse;
  readonly #backlogBytes: number;
  #kind: StreamKind | null = null;
  /** Errors are a line of text, as Ollama has it. */
  plainErrors = false;

  constructor(response: ServerResponse, backlogBytes: number) {
    this.#response = response;
    this.#backlogBytes = backlogBytes;
  }
  /** Whether the status has been sent. */
  get begun(): boolean {
    return this.#response.headersSent;
  }
  /** Calls once where the client goes away before the answer's end. */
  onLeft(listener: () => void): void {
    if (this.#response.destroyed) return listener();
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) listener();
    });
  }
  json(value: unknown, status = 200, headers: Record<string, string> = {}): void {
    if (this.#response.destroyed) return;
    const body = Buffer.from(JSON.stringify(value));
    this.#response
      .writeHead(status, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': body.byteLength,
        'Cache-Control': 'no-store',
        ...headers,
      })
      .end(body);
  }
  text(value: string): void {
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(value);
  }
  empty(): void {
    if (!this.#response.destroyed) this.#response.writeHead(204).end();
  }
  /** Sends the status at once; no proxy on the way may hold pieces back. */
  stream(kind: StreamKind): void {
    this.#kind = kind;
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, {
      'Content-Type': types[kind],
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#response.flushHeaders();
  }
  /** One event or line. `event`: its name, where the protocol has names. */
  send(value: unknown, event?: string): void {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    this.#write(
      this.#kind === 'lines' ? `${text}\n` : `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`,
    );
  }
  #write(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(text);
    // a reader that does not read is let go before its backlog fills the memory
    if (this.#response.writableLength > this.#backlogBytes) this.#response.destroy();
  }
  end(): void {
    if (!this.#response.destroyed && !this.#response.writableEnded) this.#response.end();
  }
  /** An error, as the status where nothing was sent yet, else in the stream. */
  fail(error: ApiError): void {
    if (!this.begun)
      return this.json(this.plainErrors ? { error: error.message } : envelope(error), error.status, {
        ...(error.retryAfter === undefined ? {} : { 'Retry-After': String(error.retryAfter) }),
        ...error.headers,
      });
    if (this.plainErrors) this.send({ error: error.message });
    else this.send(envelope(error));
    this.end();
  }
}
