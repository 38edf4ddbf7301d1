// Between header and rows: search in the trace, collapse, zoom, help.

import type { RefObject } from "react";
import { idleGaps } from "../model/scale.ts";
import type { Tree } from "../model/tree.ts";
import { Icon } from "../ui/icons.tsx";
import { IconButton } from "../ui/parts.tsx";
import { workOf } from "./rows.tsx";
import type { TraceState } from "./state.ts";

interface Props {
  state: TraceState;
  tree: Tree;
  inputRef: RefObject<HTMLInputElement | null>;
  squeeze: boolean;
  onSqueeze: (squeeze: boolean) => void;
}

export function Toolbar({ state, tree, inputRef, squeeze, onSqueeze }: Props) {
  const at = state.hits.indexOf(tree.byKey.get(state.selected) ?? -1);
  return (
    <div className="toolbar" role="toolbar" aria-label="Trace">
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
      <IconButton icon="help" title="Keys  ?" onClick={() => state.setHelp(true)} />
    </div>
  );
}
