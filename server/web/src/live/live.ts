// What changes on the server, for the components of this page.

import { useEffect, useRef, useSyncExternalStore } from "react";
import { type LiveMessage, LiveSource, type LiveState } from "./source.ts";

type Listener = (message: Exclude<LiveMessage, { kind: "state" }>) => void;

const listeners = new Set<Listener>();
const watchers = new Set<() => void>();
let state: LiveState = "connecting";
let send: ((what: "open" | "close") => void) | undefined;

function receive(message: LiveMessage): void {
  if (message.kind === "state") {
    state = message.state;
    for (const w of watchers) w();
    return;
  }
  for (const l of listeners) l(message);
}

/** A stream of this page's own, for browsers that have or run no shared worker. */
function inPage(): (what: "open" | "close") => void {
  const source = new LiveSource("/api/v1/live", receive);
  return (what) => (what === "open" ? source.open() : source.close());
}

function start(): void {
  if (send) return;
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "clew-live",
    });
    worker.port.onmessage = (e: MessageEvent<LiveMessage>) => receive(e.data);
    worker.onerror = () => {
      send = inPage();
      send("open");
    };
    send = (what) => worker.port.postMessage(what);
  } else {
    send = inPage();
  }
  send("open");
  addEventListener("pagehide", () => send?.("close"));
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    send?.("open");
    receive({ kind: "resync" }); // the page slept in the browser's cache
  });
}

/** Tries to connect now, after a login for example. */
export function reconnect(): void {
  send?.("open");
}

/** Calls fn for each changed trace and each resync while the component is there. */
export function useLive(fn: Listener): void {
  const latest = useRef(fn);
  useEffect(() => {
    latest.current = fn;
  });
  useEffect(() => {
    const listener: Listener = (m) => latest.current(m);
    listeners.add(listener);
    start();
    return () => void listeners.delete(listener);
  }, []);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    () => state,
  );
}
