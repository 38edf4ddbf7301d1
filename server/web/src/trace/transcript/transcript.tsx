// What was said in a trace: its turns in order, of which only those near the window
// exist and only their pages are asked for.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useRef,
} from "react";
import { turnsAtOnce, useTurnOf, useTurns } from "../../api/queries.ts";
import type { Turn } from "../../api/types.ts";
import type { Palette } from "../../model/colour.ts";
import { plural } from "../../model/format.ts";
import { keyOf } from "../../model/tree.ts";
import { Icon } from "../../ui/icons.tsx";
import { Loading, Problem } from "../../ui/parts.tsx";
import type { TraceState } from "../state.ts";
import { TurnView } from "./turn.tsx";

/** What the keys do here. */
export interface Mover {
  move: (step: 1 | -1) => void;
  /** Scrolls to the first or the last turn. */
  end: (last: boolean) => void;
}

interface Props {
  traceId: string;
  state: TraceState;
  paint: Palette;
  mover: RefObject<Mover | null>;
}

const guessedHeight = 190;

/** What the calls of the trace add up to. */
export function TranscriptSum({ traceId }: { traceId: string }) {
  const [first] = useTurns(traceId, [0]);
  const sum = first?.data?.sum;
  if (!sum?.calls) return null;
  return (
    <span className="muted transcript-sum">
      {plural(sum.calls, "model call")}
      {sum.tool_runs > 0 && ` · ${plural(sum.tool_runs, "tool run")}`}
    </span>
  );
}

export function Transcript({ traceId, state, paint, mover }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [first] = useTurns(traceId, [0]);
  const whole = first?.data;
  const [spanId = "", twin = ""] = state.selected.split("~");
  const found = useTurnOf(traceId, spanId, twin, spanId !== "");
  const virtual = useVirtualizer({
    count: whole?.count ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => guessedHeight,
    overscan: 4,
    gap: 10,
  });
  const items = virtual.getVirtualItems();
  const place = found.data?.turns.length ? found.data.offset : -1;
  const near = [...items.map((item) => item.index), place - 1, place + 1].filter((i) => i >= 0);
  const pages = [...new Set(near.map((i) => Math.floor(i / turnsAtOnce)))];
  const answers = useTurns(traceId, pages);
  const turnAt = (i: number): Turn | undefined =>
    answers[pages.indexOf(Math.floor(i / turnsAtOnce))]?.data?.turns[i % turnsAtOnce];
  const failed = answers.find((a) => a.isError);

  // The selected turn is in the window when the selection came from elsewhere.
  const shownFor = useRef("");
  useEffect(() => {
    if (place < 0 || shownFor.current === state.selected) return;
    shownFor.current = state.selected;
    virtual.scrollToIndex(place, { align: "start" });
  }, [place, state.selected, virtual]);
  const { select: selectSpan } = state;
  const select = useCallback(
    (key: string, open = true) => {
      shownFor.current = key;
      selectSpan(key, open);
    },
    [selectSpan],
  );
  useImperativeHandle(mover, () => ({
    move(step) {
      const to = place < 0 ? 0 : Math.min(Math.max(place + step, 0), (whole?.count ?? 1) - 1);
      const turn = turnAt(to);
      if (turn) select(keyOf(turn.span.span_id, turn.span.twin), false);
      virtual.scrollToIndex(to, { align: "start" });
    },
    end(last) {
      virtual.scrollToIndex(last ? Math.max(0, (whole?.count ?? 0) - 1) : 0, {
        align: last ? "end" : "start",
      });
    },
  }));
  // Keys that scroll do so at once.
  useEffect(() => {
    if (whole && document.activeElement === document.body) scroller.current?.focus();
  }, [whole]);

  if (first?.isError) return <Problem error={first.error} what="The transcript" />;
  if (!whole) return <Loading what="the transcript" />;
  if (whole.count === 0) {
    return (
      <div className="problem">
        <Icon name="llm" size={28} />
        <h2>No model was called in this trace</h2>
        <p className="muted">
          A transcript tells what models were asked and answered: spans of type LLM, with their messages.
        </p>
        <p className="actions">
          <button type="button" onClick={() => state.setMode("tree")}>
            Back to the tree
          </button>
        </p>
      </div>
    );
  }
  return (
    <div className="transcript">
      {failed && <p className="bad">A part of it could not be loaded: {failed.error?.message}</p>}
      <div ref={scroller} className="transcript-scroll" tabIndex={0} role="feed" aria-label="Transcript">
        <div className="transcript-body" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const turn = turnAt(item.index);
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="turn-place"
                style={
                  {
                    transform: `translateY(${item.start}px)`,
                    "--depth": Math.min(turn?.depth ?? 0, 8),
                  } as CSSProperties
                }
              >
                {turn ? (
                  <TurnView
                    turn={turn}
                    selected={item.index === place && state.selected !== ""}
                    paint={paint}
                    onSelect={select}
                  />
                ) : (
                  <div className="said pending" aria-busy="true" />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
