// One turn: a model call with what is new in it, an agent, or a tool.

import { memo, type MouseEvent } from "react";
import type { Outline, Turn } from "../../api/types.ts";
import { MediaOf } from "../../chat/media.tsx";
import { MessageView } from "../../chat/message.tsx";
import { ToolUseView } from "../../chat/tooluse.tsx";
import type { Palette } from "../../model/colour.ts";
import { callNames, runs } from "../../model/conversation.ts";
import { cost, count, duration, plural } from "../../model/format.ts";
import { keyOf } from "../../model/tree.ts";
import { Icon, typeOf } from "../../ui/icons.tsx";
import { Dot } from "../../ui/parts.tsx";
import { Earlier } from "./earlier.tsx";

interface Props {
  turn: Turn;
  selected: boolean;
  paint: Palette;
  onSelect: (key: string) => void;
}

export const TurnView = memo(function TurnView({ turn: t, selected, paint, onSelect }: Props) {
  const select = (span: Outline) => onSelect(keyOf(span.span_id, span.twin));
  // A click anywhere but on a control, or at the end of a selection of text.
  const onClick = (e: MouseEvent<HTMLElement>) => {
    const at = e.target as Element;
    if (at.closest("button, a, summary, input") || !getSelection()?.isCollapsed) return;
    select(t.span);
  };
  return (
    <article
      className={`said ${t.kind} ${selected ? "selected" : ""} ${t.span.status === "error" ? "failed" : ""}`}
      aria-label={t.span.name}
      onClick={onClick}
    >
      <Head turn={t} paint={paint} onSelect={() => select(t.span)} />
      {t.kind === "call" && (
        <MediaOf value={t.span}>
          <Said turn={t} onSelect={select} />
        </MediaOf>
      )}
      {t.kind === "tool" && <Tools turn={t} onSelect={select} />}
    </article>
  );
});

/** What the conventions put before the name of an agent or a tool. */
const operation = /^(invoke_agent|execute_tool|create_agent) (?=.)/;

function Head({ turn: t, paint, onSelect }: { turn: Turn; paint: Palette; onSelect: () => void }) {
  const { span, sum } = t;
  const type = typeOf(span.type, span.kind);
  const title = t.kind === "call" ? span.model || span.name : span.name.replace(operation, "");
  return (
    <header className="said-head">
      <button type="button" className="said-title" title="Open the span" onClick={onSelect}>
        <Icon name={type.icon} size={t.kind === "call" ? 14 : 16} title={type.label} />
        <b>{title || "(unnamed)"}</b>
      </button>
      {t.kind === "call" && span.name && span.name !== title && !span.name.endsWith(` ${title}`) && (
        <span className="muted said-name">{span.name}</span>
      )}
      <span className="muted said-name">
        <Dot colour={paint(span.service)} /> {span.service}
      </span>
      {span.status === "error" && <Icon name="error" size={13} title="Error" />}
      <span className="grow" />
      <span className="said-facts">
        {t.kind !== "call" && sum.calls > 0 && <span>{plural(sum.calls, "call")}</span>}
        {t.kind !== "call" && sum.tool_runs > (t.kind === "tool" ? 1 : 0) && (
          <span>{plural(sum.tool_runs - (t.kind === "tool" ? 1 : 0), "tool")}</span>
        )}
        {(sum.input_tokens !== null || sum.output_tokens !== null) && (
          <span title="Tokens of input → of output">
            {count(sum.input_tokens)} → {count(sum.output_tokens)}
          </span>
        )}
        {sum.cost !== null && <span title="Cost">{cost(sum.cost)}</span>}
        {t.time_to_first_token_ns !== null && (
          <span title="Time to the first token">first token {duration(t.time_to_first_token_ns)}</span>
        )}
        <span title="Duration">{span.open ? "open" : duration(span.duration_ns)}</span>
      </span>
    </header>
  );
}

function Said({ turn: t, onSelect }: { turn: Turn; onSelect: (span: Outline) => void }) {
  const calls = callNames(t.messages, t.answer);
  const at = new Map(t.messages.map((m) => [m.at, m]));
  const known = [...at.keys(), ...t.folded];
  // The tools of an answer come after those of the answers before it.
  const asked = t.answer.map((m) => m.parts.filter((p) => p.type === "tool_call").length);
  const toolsFrom = asked.map((_, i) => asked.slice(0, i).reduce((sum, n) => sum + n, 0));
  const rest = t.tools.slice(asked.reduce((sum, n) => sum + n, 0));
  return (
    <ol className="conversation">
      {runs(t.given, known).flatMap((run) =>
        run.shown
          ? Array.from({ length: run.to - run.from }, (_, i) => at.get(run.from + i)).map(
              (m) => m && <MessageView key={m.at} message={m} calls={calls} />,
            )
          : [<Earlier key={`to ${run.to}`} span={t.span} from={run.from} to={run.to} />],
      )}
      {t.answer.map((m, i) => (
        <MessageView
          key={`answer ${i}`}
          message={m}
          calls={calls}
          toolCall={(part, n) => {
            const use = t.tools[toolsFrom[i]! + n];
            return use && <ToolUseView use={use} call={part} onSelect={onSelect} />;
          }}
        />
      ))}
      {t.error && (
        <li className="turn-error">
          <Icon name="error" size={14} /> {t.error.type && <b>{t.error.type}</b>} {t.error.message}
        </li>
      )}
      {t.answer.length === 0 && !t.error && t.given === 0 && (
        <li className="muted nothing">The span does not say what was asked or answered.</li>
      )}
      {rest.length > 0 && (
        <li className="turn tool unasked">
          {rest.map((use, i) => (
            <ToolUseView key={i} use={use} onSelect={onSelect} />
          ))}
        </li>
      )}
    </ol>
  );
}

function Tools({ turn: t, onSelect }: { turn: Turn; onSelect: (span: Outline) => void }) {
  return t.tools.map((use, i) => <ToolUseView key={i} use={use} onSelect={onSelect} />);
}
