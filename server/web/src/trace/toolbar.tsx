// Between header and rows: tree or transcript, search, collapse, zoom, help.

import type { RefObject } from "react";
import { idleGaps } from "../model/scale.ts";
import type { Tree } from "../model/tree.ts";
import { Icon } from "../ui/icons.tsx";
import { IconButton } from "../ui/parts.tsx";
import { TranscriptSum } from "./transcript/transcript.tsx";
import { workOf } from "./rows.tsx";
import type { TraceMode, TraceState } from "./state.ts";

interface Props {
  traceId: string;
  state: TraceState;
  tree: Tree;
  inputRef: RefObject<HTMLInputElement | null>;
  squeeze: boolean;
  onSqueeze: (squeeze: boolean) => void;
}

const modes = { tree: "Tree", transcript: "Transcript" } as const;

export function Toolbar(props: Props) {
  const { state } = props;
  return (
    <div className="toolbar" role="toolbar" aria-label="Trace">
      <span className="segments" role="group" aria-label="Show the trace as">
        {(Object.keys(modes) as TraceMode[]).map((m) => (
          <button
            key={m}
            type="button"
            title="Switch with t"
            aria-pressed={state.mode === m}
            onClick={() => state.setMode(m)}
          >
            {modes[m]}
          </button>
        ))}
      </span>
      {state.mode === "tree" ? <TreeTools {...props} /> : <TranscriptSum traceId={props.traceId} />}
      {state.mode === "transcript" && <span className="grow" />}
      <IconButton icon="help" title="Keys  ?" onClick={() => state.setHelp(true)} />
    </div>
  );
}

function TreeTools({ state, tree, inputRef, squeeze, onSqueeze }: Props) {
  const at = state.hits.indexOf(tree.byKey.get(state.selected) ?? -1);
  return (
    <>
      <label className="search">
        <Icon name="search" size={14} />
        <input
          ref={inputRef}
          type="search"
          placeholder="Search in this trace"
          aria-label="Search in this trace"
          title="Focus with /"
          value={state.query}
          onChange={(e) => state.setQuery(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter") state.act(e.shiftKey ? "previousHit" : "nextHit");
            if (e.key === "Escape") {
              if (state.query) state.setQuery("");
              e.currentTarget.blur();
            }
          }}
        />
        {state.query && (
          <span className="hits" role="status">
            {state.hits.length === 0 ? "none" : `${at >= 0 ? `${at + 1} of ` : ""}${state.hits.length}`}
          </span>
        )}
      </label>
      <IconButton icon="collapse" title="Collapse all  [" onClick={() => state.act("collapseAll")} />
      <IconButton icon="expand" title="Expand all  ]" onClick={() => state.act("expandAll")} />
      <span className="grow" />
      {idleGaps(workOf(tree)).length > 0 && (
        <label className="check">
          <input type="checkbox" checked={squeeze} onChange={(e) => onSqueeze(e.target.checked)} />
          Squeeze idle time
        </label>
      )}
      {state.zoom && (
        <button type="button" onClick={() => state.setZoom(undefined)} title="0">
          Show all of the time
        </button>
      )}
    </>
  );
}
