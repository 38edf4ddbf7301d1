// Chat messages by role, with calls of tools and what they returned.

import { useState } from "react";
import type { Message, Part } from "../../api/types.ts";
import { mediaText, textOf } from "../../model/conversation.ts";
import { plural } from "../../model/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { Json, LongText } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";

/** A longer conversation shows its first message and its last ones at first. */
const shownLast = 12;

interface Props {
  messages: Message[];
  /** Names of tools by the id of the call. */
  calls: Map<string, string>;
}

export function Conversation({ messages, calls }: Props) {
  const [all, setAll] = useState(messages.length <= shownLast + 2);
  const hidden = all ? 0 : messages.length - shownLast - 1;
  return (
    <ol className="conversation">
      {messages.map((m, i) => {
        if (i > 0 && i <= hidden) {
          return (
            i === 1 && (
              <li key="hidden" className="hidden-messages">
                <button type="button" className="quiet" onClick={() => setAll(true)}>
                  {plural(hidden, "earlier message")}
                </button>
              </li>
            )
          );
        }
        return <Turn key={i} message={m} calls={calls} />;
      })}
    </ol>
  );
}

const roles = ["system", "developer", "user", "assistant", "tool"];

function Turn({ message: m, calls }: { message: Message; calls: Map<string, string> }) {
  // Some conventions send what a tool returned as the user's words.
  const results = m.parts.length > 0 && m.parts.every((p) => p.type === "tool_result");
  const role = results ? "tool" : m.role;
  const text = textOf(m);
  return (
    <li className={`turn ${roles.includes(role) ? role : "other"}`}>
      <header>
        <b>{role}</b>
        {m.name && <span className="muted">{m.name}</span>}
        {m.finish_reason && m.finish_reason !== "stop" && (
          <span className="badge plain" title="Why the model stopped">
            {m.finish_reason}
          </span>
        )}
        <span className="grow" />
        {text && <Copy text={text} title="Copy the message" />}
      </header>
      {m.parts.length === 0 && <p className="muted">empty</p>}
      {m.parts.map((p, i) => (
        <PartView key={i} part={p} calls={calls} />
      ))}
    </li>
  );
}

function PartView({ part: p, calls }: { part: Part; calls: Map<string, string> }) {
  switch (p.type) {
    case "text":
      return (
        <p className="message-text">
          <LongText text={p.text ?? ""} />
        </p>
      );
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <p className="message-text">
            <LongText text={p.text || "not disclosed"} />
          </p>
        </details>
      );
    case "tool_call":
      return (
        <div className="tool-call">
          <header>
            <Icon name="tool" size={13} />
            <b>{p.name || "tool"}</b>
            {p.id && <code className="muted">{p.id}</code>}
          </header>
          <Value value={p.value} />
        </div>
      );
    case "tool_result": {
      const name = p.name || calls.get(p.id ?? "");
      return (
        <div className={p.failed ? "tool-call failed" : "tool-call"}>
          {(name || p.id || p.failed) && (
            <header>
              <span className="muted">{p.failed ? "failed" : "result"}</span>
              {name && <b>{name}</b>}
              {p.id && <code className="muted">{p.id}</code>}
            </header>
          )}
          <Value value={p.value} />
        </div>
      );
    }
    case "media":
      return (
        <p className="media" title="What it held stands in the attribute; nothing is loaded from elsewhere">
          <span className="badge plain">{p.modality || "file"}</span>{" "}
          <span className="muted">{mediaText(p)}</span>
        </p>
      );
    default:
      return <Json value={p.value} openDepth={1} />;
  }
}

function Value({ value }: { value: unknown }) {
  if (value === undefined || value === null || value === "") return <p className="muted">nothing</p>;
  if (typeof value === "object") return <Json value={value} openDepth={2} />;
  return (
    <p className="message-text">
      <LongText text={String(value)} />
    </p>
  );
}
