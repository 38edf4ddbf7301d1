// Asking again for what a trace changed.

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Trace } from "../api/types.ts";
import { useLive } from "./live.ts";

/** Asks again for all that is under key when a trace changed that concerns it, at most once in so many milliseconds. */
export function useRefresh(key: QueryKey, every: number, concerns: (trace: Trace) => boolean): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLive((message) => {
    if (message.kind !== "trace" || timer.current || !concerns(message.trace)) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: key });
    }, every);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
