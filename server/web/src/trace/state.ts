// What a person did to the trace view: tree or transcript, selection, collapsed
// rows, search, zoom. The mode, the selection and the tab are in the URL.

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { ancestors, keyOf, searchTree, type Tree, visibleRows } from "../model/tree.ts";
import type { Action } from "./keys.ts";

/** A span of time, nanoseconds since the trace's start. */
export interface Window {
  start: number;
  end: number;
}

/** How the trace is shown: its spans, or what was said in it. */
export type TraceMode = "tree" | "transcript";

export interface TraceState {
  mode: TraceMode;
  selected: string;
  detailOpen: boolean;
  tab: string;
  collapsed: ReadonlySet<string>;
  visible: number[];
  query: string;
  hits: number[];
  zoom: Window | undefined;
  helpOpen: boolean;
  select: (key: string, open?: boolean) => void;
  setMode: (mode: TraceMode) => void;
  setTab: (tab: string) => void;
  toggle: (key: string) => void;
  setQuery: (query: string) => void;
  setZoom: (zoom: Window | undefined) => void;
  setHelp: (open: boolean) => void;
  act: (action: Action) => void;
}

/** page is how many rows fit; focusSearch moves the focus to the search field. */
export function useTraceState(tree: Tree, page: number, focusSearch: () => void): TraceState {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const fromUrl = useMemo(() => {
    const params = new URLSearchParams(search);
    const span = params.get("span") ?? "";
    const mode: TraceMode = params.get("view") === "transcript" ? "transcript" : "tree";
    return {
      mode,
      span: span && keyOf(span, Number(params.get("twin")) || 0),
      tab: params.get("tab") ?? "",
    };
  }, [search]);

  const [selected, setSelected] = useState(fromUrl.span);
  const [detailOpen, setDetailOpen] = useState(fromUrl.span !== "");
  const [tab, setTab] = useState(fromUrl.tab);
  const [mode, setMode] = useState(fromUrl.mode);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [query, setQuery] = useState("");
  const [zoom, setZoom] = useState<Window>();
  const [helpOpen, setHelp] = useState(false);

  // The URL follows the selection when it stands still; a link to another span
  // of this trace changes the URL first.
  const written = useRef(search);
  useEffect(() => {
    if (search === written.current) return;
    written.current = search;
    setSelected(fromUrl.span);
    setDetailOpen(fromUrl.span !== "");
    setTab(fromUrl.tab);
    setMode(fromUrl.mode);
  }, [search, fromUrl]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const params = new URLSearchParams();
      if (mode !== "tree") params.set("view", mode);
      const [id, twin] = selected.split("~");
      if (id) params.set("span", id);
      if (twin) params.set("twin", twin);
      if (tab && id) params.set("tab", tab);
      const next = params.toString();
      if (next === written.current) return;
      written.current = next;
      navigate(next ? `${path}?${next}` : path, { replace: true });
    }, 120);
    return () => clearTimeout(timer);
  }, [selected, tab, mode, navigate, path]);

  const visible = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed]);
  const hits = useMemo(() => searchTree(tree, query), [tree, query]);

  const reveal = useCallback(
    (key: string) => {
      const above = ancestors(tree, tree.byKey.get(key) ?? -1);
      setCollapsed((old) =>
        above.some((k) => old.has(k)) ? new Set([...old].filter((k) => !above.includes(k))) : old,
      );
    },
    [tree],
  );
  const select = useCallback(
    (key: string, open = true) => {
      setSelected(key);
      if (key) reveal(key);
      if (open) setDetailOpen(key !== "");
    },
    [reveal],
  );
  // What a link or a URL selects is never hidden.
  useEffect(() => {
    if (fromUrl.span) reveal(fromUrl.span);
  }, [fromUrl.span, reveal]);
  const toggle = useCallback((key: string) => {
    setCollapsed((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);

  const act = (action: Action) => {
    const at = tree.byKey.get(selected) ?? -1;
    const row = tree.rows[at];
    // A selected row inside a collapsed one stands for the one that is seen.
    const place = at < 0 ? -1 : visible.findLastIndex((i) => i <= at);
    const go = (to: number) => {
      const target = tree.rows[visible[Math.max(0, Math.min(visible.length - 1, to))] ?? -1];
      if (target) select(target.key, false);
    };
    const hit = (step: 1 | -1) => {
      if (hits.length === 0) return;
      const next = step > 0 ? hits.find((h) => h > at) : hits.findLast((h) => h < at);
      select(tree.rows[next ?? (step > 0 ? hits[0]! : hits[hits.length - 1]!)]!.key, false);
    };
    switch (action) {
      case "down":
        return go(place + 1);
      case "up":
        return go(place < 0 ? 0 : place - 1);
      case "pageDown":
        return go(place + page);
      case "pageUp":
        return go(place - page);
      case "first":
        return go(0);
      case "last":
        return go(visible.length - 1);
      case "right":
        if (!row || row.size === 0) return;
        return collapsed.has(row.key) ? toggle(row.key) : go(place + 1);
      case "left":
        if (!row) return;
        if (row.size > 0 && !collapsed.has(row.key)) return toggle(row.key);
        return row.parent >= 0 ? select(tree.rows[row.parent]!.key, false) : undefined;
      case "open":
        return row ? setDetailOpen(true) : go(0);
      case "clear":
        if (helpOpen) return setHelp(false);
        return detailOpen ? setDetailOpen(false) : select("");
      case "search":
        return focusSearch();
      case "nextHit":
        return hit(1);
      case "previousHit":
        return hit(-1);
      case "collapseAll":
        return setCollapsed(new Set(tree.rows.filter((r) => r.size > 0).map((r) => r.key)));
      case "expandAll":
        return setCollapsed(new Set());
      case "resetZoom":
        return setZoom(undefined);
      case "transcript":
        return setMode(mode === "tree" ? "transcript" : "tree");
      case "raw":
        if (!row) return;
        setTab(tab === "raw" && detailOpen ? "" : "raw");
        return setDetailOpen(true);
      case "help":
        return setHelp(!helpOpen);
    }
  };
  return {
    mode,
    selected,
    detailOpen: detailOpen && tree.byKey.has(selected),
    tab,
    collapsed,
    visible,
    query,
    hits,
    zoom,
    helpOpen,
    select,
    setMode,
    setTab,
    toggle,
    setQuery,
    setZoom,
    setHelp,
    act,
  };
}
