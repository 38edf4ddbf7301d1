// What the views ask the server for, by its name in the cache.

import { keepPreviousData, QueryClient, useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { type State, toParams as toChartParams } from "../model/charts.ts";
import { type Filters, toParams } from "../model/filters.ts";
import { ApiError, get, path, post, withParams } from "./client.ts";
import type {
  Aggregate,
  Completions,
  Decoded,
  Outline,
  Page,
  Session,
  SessionAnswer,
  Span,
  SQLResult,
  SQLTable,
  Status,
  Trace,
  TraceAnswer,
  Transcript,
} from "./types.ts";

const pageSize = 50;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Mistakes stay mistakes; only what a moment may cure is asked again.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 503 || error.status === 429),
      refetchOnWindowFocus: false,
      staleTime: 10_000,
    },
  },
});

export const keys = {
  traces: ["traces"] as const,
  trace: (id: string) => ["trace", id] as const,
  spans: ["spans"] as const,
  sessions: ["sessions"] as const,
};

export function useTraces(filters: Filters) {
  return useInfiniteQuery({
    queryKey: [...keys.traces, filters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Trace>>(
        withParams("/traces", { ...toParams(filters), limit: pageSize, cursor: pageParam }),
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** Spans of all traces. */
export function useSpans(filters: Filters) {
  return useInfiniteQuery({
    queryKey: [...keys.spans, filters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Outline>>(
        withParams("/spans", { ...toParams(filters), limit: pageSize, cursor: pageParam }),
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** How many rows of a SELECT are asked for. */
export const maxRows = 1000;

/** The rows of a SELECT. It is asked once: it may take long. */
export function useSQL(sql: string) {
  return useQuery({
    queryKey: ["sql", sql],
    queryFn: ({ signal }) => post<SQLResult>(withParams("/sql", { limit: maxRows }), sql, signal),
    enabled: sql.trim() !== "",
    retry: false,
    refetchOnReconnect: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** What a SELECT may ask. */
export function useSQLViews() {
  return useQuery({
    queryKey: ["sql views"],
    queryFn: ({ signal }) => get<Page<SQLTable>>("/sql", signal),
    staleTime: Infinity,
  });
}

/** A trace is asked for again while a span of it runs: that such a one is lost is told by time alone. */
export function useTrace(id: string) {
  return useQuery({
    queryKey: keys.trace(id),
    queryFn: ({ signal }) => get<TraceAnswer>(path`/traces/${id}` + "?outline=1", signal),
    refetchInterval: ({ state }) =>
      state.data?.spans.some((s) => s.open_state === "running") ? 10_000 : false,
  });
}

/** A span whole. Its version is in the key, so that a span that ends is asked for again. */
export function useSpan(traceId: string, spanId: string, twin: number, version: string) {
  return useQuery({
    queryKey: [...keys.trace(traceId), "span", spanId, twin, version],
    queryFn: ({ signal }) =>
      get<Span>(withParams(path`/traces/${traceId}/spans/${spanId}`, { twin: twin || undefined }), signal),
    enabled: spanId !== "",
    staleTime: 60_000,
  });
}

/** How many turns of a transcript are asked for at once. */
export const turnsAtOnce = 20;

/** Pages of a transcript, by their numbers. */
export function useTurns(traceId: string, pages: number[]) {
  return useQueries({
    queries: pages.map((page) => ({
      queryKey: [...keys.trace(traceId), "transcript", page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Transcript>(
          withParams(path`/traces/${traceId}/transcript`, {
            offset: page * turnsAtOnce || undefined,
            limit: turnsAtOnce,
          }),
          signal,
        ),
      staleTime: 60_000,
    })),
  });
}

/** The turn that a span is or belongs to, with its place. */
export function useTurnOf(traceId: string, spanId: string, version: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.trace(traceId), "turn", spanId, version],
    queryFn: ({ signal }) =>
      get<Transcript>(withParams(path`/traces/${traceId}/transcript`, { span: spanId }), signal),
    enabled,
    staleTime: 60_000,
  });
}

/** Where each field of a span came from. */
export function useOrigins(traceId: string, spanId: string, twin: number, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.trace(traceId), "origins", spanId, twin],
    queryFn: async ({ signal }) => {
      const where = path`/traces/${traceId}/spans/${spanId}`;
      const span = await get<Span>(withParams(where, { twin: twin || undefined, explain: 1 }), signal);
      return span.explain ?? [];
    },
    enabled,
  });
}

export function useSessions(filters: { user: string; q: string }) {
  return useInfiniteQuery({
    queryKey: [...keys.sessions, filters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Session>>(withParams("/sessions", { ...filters, limit: pageSize, cursor: pageParam }), signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    placeholderData: keepPreviousData,
  });
}

export function useSession(id: string) {
  return useInfiniteQuery({
    queryKey: [...keys.sessions, "one", id],
    queryFn: ({ pageParam, signal }) =>
      get<SessionAnswer>(withParams(path`/sessions/${id}`, { limit: 200, cursor: pageParam }), signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
  });
}

/** What spans add up to; asked again twice a minute while somebody looks. */
export function useAggregate(state: State) {
  return useQuery({
    queryKey: ["aggregate", state],
    queryFn: ({ signal }) => get<Aggregate>(withParams("/aggregate", toChartParams(state)), signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

/** Values of a field that begin with prefix. */
export function useValues(field: string, prefix: string, enabled: boolean) {
  return useQuery({
    queryKey: ["values", field, prefix],
    queryFn: ({ signal }) => get<Page<string>>(withParams("/values", { field, prefix, limit: 12 }), signal),
    enabled,
    placeholderData: keepPreviousData,
  });
}

/** How the end of a query may go on. */
export function useCompletions(q: string, enabled: boolean) {
  return useQuery({
    queryKey: ["complete", q],
    queryFn: ({ signal }) => get<Completions>(withParams("/complete", { q }), signal),
    enabled,
  });
}

/** What span contexts a text holds. What is stored of them is asked anew each time. */
export function useDecoded(text: string) {
  return useQuery({
    queryKey: ["decode", text],
    queryFn: ({ signal }) => post<Decoded>("/decode", text, signal),
    enabled: text.trim() !== "",
    gcTime: 0,
    staleTime: 0,
  });
}

export function useStatus() {
  return useQuery({ queryKey: ["status"], queryFn: ({ signal }) => get<Status>("/status", signal) });
}
