// The SharedWorker that owns the browser's one live stream. A tab says "open"
// when it begins or wants the next try now, and "close" when it leaves.

import { type LiveMessage, LiveSource } from "./source.ts";

const ports = new Set<MessagePort>();
const source = new LiveSource("/api/v1/live", (message: LiveMessage) => {
  for (const port of ports) port.postMessage(message);
});

const scope = globalThis as unknown as { onconnect: (e: MessageEvent) => void };
scope.onconnect = (e) => {
  const port = e.ports[0]!;
  port.onmessage = ({ data }: MessageEvent<"open" | "close">) => {
    if (data === "open") {
      ports.add(port);
      port.postMessage({ kind: "state", state: source.state } satisfies LiveMessage);
      source.open();
      return;
    }
    ports.delete(port);
    if (ports.size === 0) source.close();
  };
};
