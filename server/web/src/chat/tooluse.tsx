// The call of a tool with what became of it, on one line until it is opened.

import type { Outline, Part, ToolUse } from "../api/types.ts";
import { preview } from "../model/conversation.ts";
import { duration } from "../model/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Value } from "./message.tsx";

interface Props {
  use: ToolUse;
  /** As the answer has it; a tool that no answer asked for has none. */
  call?: Part | undefined;
  onSelect: (span: Outline) => void;
}

export function ToolUseView({ use, call, onSelect }: Props) {
  const asked = call ? call.value : use.arguments;
  const { span } = use;
  const failed = use.failed || span?.status === "error";
  const result = failed && !use.result && span ? span.status_message : use.result;
  return (
    <details className={failed ? "tool-use failed" : "tool-use"}>
      <summary>
        <Icon name="caret" size={11} />
        <Icon name="tool" size={13} />
        <b>{use.name || "tool"}</b>
        <span className="asked">{preview(asked)}</span>
        <span className="result">{use.from || failed ? `→ ${preview(result) || "nothing"}` : ""}</span>
        {failed && <Icon name="error" size={13} title="Failed" />}
        {span && <span className="muted">{span.open ? "open" : duration(span.duration_ns)}</span>}
      </summary>
      <div className="tool-body">
        <h4>Arguments {use.id && <code className="muted">{use.id}</code>}</h4>
        <Value value={asked} />
        <h4>
          {failed ? "Error" : "Result"}
          {use.from === "history" && (
            <span className="muted" title="As the next call of the model was given it">
              as the model was told
            </span>
          )}
        </h4>
        {use.from || failed ? <Value value={result} /> : <p className="muted">not recorded</p>}
        {span && (
          <button type="button" className="as-link" onClick={() => onSelect(span)}>
            Open the span of the tool
          </button>
        )}
      </div>
    </details>
  );
}
