// The trace view: what the trace is, where it is broken, its rows or its
// transcript, and the details of the selected span.

import { type CSSProperties, useEffect, useMemo, useRef, useState } from "react";
import { keys, useTrace } from "../api/queries.ts";
import type { TraceAnswer } from "../api/types.ts";
import { useRefresh } from "../live/refresh.ts";
import { palette } from "../model/colour.ts";
import { buildTree } from "../model/tree.ts";
import { useBox, useMedia, useTitle } from "../ui/hooks.ts";
import { Loading, Problem } from "../ui/parts.tsx";
import { Splitter, useSize } from "../ui/splitter.tsx";
import { Breaks } from "./breaks.tsx";
import { Detail } from "./detail/detail.tsx";
import { TraceHeader } from "./header.tsx";
import { Help } from "./help.tsx";
import { actionOf } from "./keys.ts";
import { rowHeight, Rows } from "./rows.tsx";
import { useTraceState } from "./state.ts";
import { Toolbar } from "./toolbar.tsx";
import { type Mover, Transcript } from "./transcript/transcript.tsx";

export function TraceView({ params: { id } }: { params: { id: string } }) {
  const traceId = id.replaceAll("-", "").toLowerCase();
  const answer = useTrace(traceId);
  useRefresh(keys.trace(traceId), 500, (t) => t.trace_id === traceId);
  useTitle(answer.data?.trace.name ?? "Trace");
  if (answer.data) return <Loaded answer={answer.data} />;
  if (answer.isError) {
    return <Problem error={answer.error} what={`Trace ${id}`} retry={() => void answer.refetch()} />;
  }
  return <Loading what="the trace" />;
}

const leastTree = 220;
const leastTimeline = 160;

function Loaded({ answer }: { answer: TraceAnswer }) {
  const { trace, spans, placeholders, breaks } = answer;
  const tree = useMemo(() => buildTree(spans, placeholders), [spans, placeholders]);
  const paint = useMemo(() => palette(trace.services), [trace.services]);
  const search = useRef<HTMLInputElement>(null);
  const [bodyRef, body] = useBox();
  const [rowsRef, rowsBox] = useBox();
  const page = Math.max(1, Math.floor(rowsBox.height / rowHeight) - 2);
  const state = useTraceState(tree, page, () => search.current?.focus());
  const [squeeze, setSqueeze] = useState(true);
  const narrow = useMedia("(max-width: 1080px)");
  const [treeWidth, setTreeWidth] = useSize("tree", narrow ? 380 : 440);
  const [side, setSide] = useSize("detail.side", 480);
  const [below, setBelow] = useSize("detail.below", 340);

  const latest = useRef(state);
  const mover = useRef<Mover>(null);
  useEffect(() => {
    latest.current = state;
  });
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const action = actionOf(e, latest.current.mode);
      if (!action) return;
      e.preventDefault();
      const transcript = mover.current;
      if (!transcript) return latest.current.act(action);
      switch (action) {
        case "down":
        case "up":
          return transcript.move(action === "down" ? 1 : -1);
        case "first":
        case "last":
          return transcript.end(action === "last");
        default:
          return latest.current.act(action);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const row = tree.rows[tree.byKey.get(state.selected) ?? -1];
  const shownTree = Math.max(leastTree, Math.min(treeWidth, (rowsBox.width || 1000) - leastTimeline));
  const maxSide = Math.max(300, body.width - leastTree - leastTimeline);
  const maxBelow = Math.max(140, body.height - 120);
  const size = narrow ? Math.min(below, maxBelow) : Math.min(side, maxSide);
  return (
    <div className="trace-page">
      <TraceHeader trace={trace} spans={spans} paint={paint} />
      {breaks.length > 0 && <Breaks breaks={breaks} tree={tree} onSelect={(key) => state.select(key)} />}
      <Toolbar
        traceId={trace.trace_id}
        state={state}
        inputRef={search}
        squeeze={squeeze}
        onSqueeze={setSqueeze}
        tree={tree}
      />
      <div
        className={narrow ? "trace-body narrow" : "trace-body"}
        ref={bodyRef}
        style={{ "--detail": `${size}px` } as CSSProperties}
      >
        {state.mode === "transcript" ? (
          <Transcript traceId={trace.trace_id} state={state} paint={paint} mover={mover} />
        ) : (
          <Rows
            tree={tree}
            breaks={breaks}
            state={state}
            paint={paint}
            squeeze={squeeze}
            treeWidth={shownTree}
            boxRef={rowsRef}
            splitter={
              <Splitter
                label="Width of the tree"
                orientation="vertical"
                size={shownTree}
                min={leastTree}
                max={(rowsBox.width || 1000) - leastTimeline}
                onChange={setTreeWidth}
              />
            }
          />
        )}
        {state.detailOpen && row && (
          <>
            <Splitter
              label="Size of the details"
              orientation={narrow ? "horizontal" : "vertical"}
              size={size}
              min={narrow ? 140 : 300}
              max={narrow ? maxBelow : maxSide}
              after
              onChange={narrow ? setBelow : setSide}
            />
            <Detail
              row={row}
              tree={tree}
              breaks={breaks}
              traceId={trace.trace_id}
              paint={paint}
              state={state}
            />
          </>
        )}
      </div>
      {state.helpOpen && <Help onClose={() => state.setHelp(false)} />}
    </div>
  );
}
