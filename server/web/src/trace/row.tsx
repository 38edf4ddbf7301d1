// One row: the span in the tree on the left, its bar on the right.

import { type CSSProperties, memo } from "react";
import type { Outline } from "../api/types.ts";
import { cost, count, duration, short } from "../model/format.ts";
import type { Scale } from "../model/scale.ts";
import type { TreeRow } from "../model/tree.ts";
import { barLabel } from "../ui/barlabel.ts";
import { Icon, typeOf } from "../ui/icons.tsx";

interface Props {
  row: TreeRow;
  top: number;
  position: number;
  selected: boolean;
  collapsed: boolean;
  /** The text to mark, "" when this row is no match. */
  query: string;
  /** Why the trace is broken here. */
  broken: string | undefined;
  scale: Scale;
  colour: string;
  onSelect: (key: string) => void;
  onToggle: (key: string) => void;
}

export const Row = memo(function Row(props: Props) {
  const { row, selected, collapsed, query, broken, colour } = props;
  const { span } = row;
  const failed = span?.status === "error";
  const type = typeOf(span?.type ?? "", span?.kind ?? "");
  const classes = ["row", selected && "selected", query && "hit", failed && "failed", !span && "missing"];
  const style = {
    transform: `translateY(${props.top}px)`,
    "--service": colour,
    "--depth": row.depth,
  } as CSSProperties;
  return (
    <div
      id={`row-${row.key}`}
      className={classes.filter(Boolean).join(" ")}
      style={style}
      role="row"
      aria-level={row.depth + 1}
      aria-rowindex={props.position}
      aria-selected={selected}
      aria-expanded={row.size > 0 ? !collapsed : undefined}
      onClick={() => props.onSelect(row.key)}
    >
      <div className="tree-cell" role="gridcell">
        <span className="guides" />
        {row.size > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className={collapsed ? "caret" : "caret expanded"}
            aria-label={collapsed ? `Expand ${row.size} below` : "Collapse"}
            onClick={(e) => {
              e.stopPropagation();
              props.onToggle(row.key);
            }}
          >
            <Icon name="caret" size={12} />
          </button>
        ) : (
          <span className="caret" />
        )}
        <i className="service-mark" title={span?.service} />
        <span className="type" title={span ? type.label : "Missing parent"}>
          <Icon name={span ? type.icon : "missing"} size={15} />
        </span>
        {span ? (
          <span className="span-name" title={`${span.name}\n${span.service}`}>
            <Marked text={span.name || "(unnamed)"} query={query} />
          </span>
        ) : (
          <span
            className="span-name"
            title={`Spans name this as their ancestor; it was never received\n${row.id}`}
          >
            {row.name ? (
              <Marked text={row.name} query={query} />
            ) : (
              <>
                missing parent <code>{row.id}</code>
              </>
            )}
            <small>never received</small>
          </span>
        )}
        {span?.model && !saysModel(span.name, span.model) && <span className="model">{span.model}</span>}
        {collapsed && row.size > 0 && (
          <span className="badge plain" title={`${row.size} below`}>
            +{short(row.size)}
          </span>
        )}
        {collapsed && row.errorsBelow > 0 && (
          <span className="badge error" title={`${row.errorsBelow} with errors below`}>
            {short(row.errorsBelow)}
          </span>
        )}
        {broken && (
          <span className="row-broken" title={broken}>
            <Icon name="broken" size={13} title="The trace is broken here" />
          </span>
        )}
        {failed && (
          <span className="row-error" title={span.status_message || "Error"}>
            <Icon name="error" size={13} title="Error" />
          </span>
        )}
        <Tokens row={row} />
      </div>
      <div className="time-cell" role="gridcell">
        <Bar row={row} scale={props.scale} />
      </div>
    </div>
  );
});

/** Tokens of the span, or else of all below it. */
function Tokens({ row }: { row: TreeRow }) {
  const { span } = row;
  const own = span && (span.input_tokens !== null || span.output_tokens !== null);
  const [input, output, money] = own
    ? [span.input_tokens, span.output_tokens, span.cost]
    : [row.inputTokens, row.outputTokens, row.cost];
  if (input === null && output === null) return null;
  const text = `${count(input)} input, ${count(output)} output tokens${money === null ? "" : `, ${cost(money)}`}`;
  return (
    <span className={own ? "row-tokens" : "row-tokens summed"} title={own ? text : `Below: ${text}`}>
      {short(input)}→{short(output)}
    </span>
  );
}

/** Whether a name like "chat gpt-4o" already tells the model, if only without its date. */
function saysModel(name: string, model: string): boolean {
  return name.split(" ").some((word) => word.length > 3 && model.startsWith(word));
}

/** What is said beside the bar of a span that has not ended: only one that is running grows. */
function openText(state: Outline["open_state"], sofar: number): string {
  switch (state) {
    case "lost":
      return "lost: its process is gone";
    case "suspended":
      return `suspended for ${duration(sofar)}`;
    case "running":
      return `running, ${duration(sofar)} so far`;
  }
  return `open, ${duration(sofar)} so far`;
}

function Bar({ row, scale }: { row: TreeRow; scale: Scale }) {
  const { span } = row;
  const from = scale.at(row.start);
  const to = scale.at(row.end);
  if (to < 0) return <span className="outside before">‹</span>;
  if (from > 1) return <span className="outside after">›</span>;
  const left = Math.max(0, from);
  const right = Math.min(1, Math.max(to, left));
  const text = span
    ? span.open
      ? openText(span.open_state, row.end - row.start)
      : duration(row.end - row.start)
    : "";
  const classes = [
    "bar",
    span?.open && `open ${span.open_state}`,
    span?.status === "error" && "failed",
    !span && "missing",
  ];
  return (
    <>
      <i
        className={classes.filter(Boolean).join(" ")}
        style={{ left: `${left * 100}%`, width: `max(2px, ${(right - left) * 100}%)` }}
      />
      {text && <span {...barLabel(left, right)}>{text}</span>}
    </>
  );
}

/** text with each occurrence of query marked. */
export function Marked({ text, query }: { text: string; query: string }) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return text;
  const lower = text.toLowerCase();
  const parts = [];
  let done = 0;
  for (let at = lower.indexOf(wanted); at >= 0 && parts.length < 100; at = lower.indexOf(wanted, done)) {
    parts.push(text.slice(done, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    done = at + wanted.length;
  }
  return [...parts, text.slice(done)];
}
