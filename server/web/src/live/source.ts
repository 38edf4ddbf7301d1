// The one connection to the server's stream of changed traces. It knows nothing
// of pages: in a SharedWorker it feeds every tab of the browser, and where that
// is missing it runs inside the page.

import type { Trace } from "../api/types.ts";

/** connecting: the first try; lost: was open, is trying again; refused: a key is needed or the server is full. */
export type LiveState = "connecting" | "open" | "lost" | "refused";

export type LiveMessage =
  | { kind: "state"; state: LiveState }
  | { kind: "trace"; trace: Trace }
  /** Changes were missed: what is shown must be loaded again. */
  | { kind: "resync" };

const firstRetry = 1_000;
const lastRetry = 30_000;

export class LiveSource {
  state: LiveState = "connecting";
  #events: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delay = firstRetry;
  #wasOpen = false;

  constructor(
    private readonly url: string,
    private readonly emit: (message: LiveMessage) => void,
  ) {}

  /** Connects, at once even when it was waiting for its next try. A no-op while connected. */
  open(): void {
    if (this.#events && this.#events.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    const events = new EventSource(this.url);
    this.#events = events;
    events.onopen = () => {
      this.#delay = firstRetry;
      this.#become("open");
      if (this.#wasOpen) this.emit({ kind: "resync" });
      this.#wasOpen = true;
    };
    events.addEventListener("trace", (e) => {
      this.emit({ kind: "trace", trace: JSON.parse((e as MessageEvent<string>).data) as Trace });
    });
    events.addEventListener("resync", () => this.emit({ kind: "resync" }));
    events.onerror = () => {
      // The browser retries by itself when a connection breaks, and gives up
      // for good when the answer is an error: then it is on us.
      const refused = events.readyState === EventSource.CLOSED;
      this.#become(refused ? (this.#wasOpen ? "lost" : "refused") : "lost");
      if (!refused) return;
      this.#timer = setTimeout(() => this.open(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, lastRetry);
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#events?.close();
    this.#events = undefined;
  }

  #become(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    this.emit({ kind: "state", state });
  }
}
