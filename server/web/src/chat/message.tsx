// One message by its role, and its parts.

import { Fragment, type ReactNode } from "react";
import type { Message, Part } from "../api/types.ts";
import { textOf } from "../model/conversation.ts";
import { count } from "../model/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Json } from "../ui/json.tsx";
import { Copy } from "../ui/parts.tsx";
import { Markdown } from "./markdown.tsx";
import { Media } from "./media.tsx";

const roles = ["system", "developer", "user", "assistant", "tool"];

interface Props {
  message: Message;
  /** Names of tools by the id of the call. */
  calls: Map<string, string>;
  /** It was told before. */
  earlier?: boolean;
  /** Draws the n-th call of a tool, where more is known than the message says. */
  toolCall?: (part: Part, n: number) => ReactNode;
}

export function MessageView({ message: m, calls, earlier, toolCall }: Props) {
  // Some conventions send what a tool returned as the user's words.
  const results = m.parts.length > 0 && m.parts.every((p) => p.type === "tool_result");
  const role = results ? "tool" : m.role;
  const text = textOf(m);
  const toolCalls = m.parts.filter((p) => p.type === "tool_call");
  return (
    <li className={`turn ${roles.includes(role) ? role : "other"} ${earlier ? "told-before" : ""}`}>
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
        <Fragment key={i}>
          {(p.type === "tool_call" && toolCall?.(p, toolCalls.indexOf(p))) || (
            <PartView part={p} calls={calls} />
          )}
        </Fragment>
      ))}
    </li>
  );
}

function PartView({ part: p, calls }: { part: Part; calls: Map<string, string> }) {
  switch (p.type) {
    case "text":
      return (
        <>
          <Markdown text={p.text ?? ""} />
          <LeftOut part={p} />
        </>
      );
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <Markdown text={p.text || "not disclosed"} />
          <LeftOut part={p} />
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
          <LeftOut part={p} />
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
          <LeftOut part={p} />
        </div>
      );
    }
    case "media":
      return <Media part={p} />;
    default:
      return <Json value={p.value} openDepth={1} />;
  }
}

/** Arguments or a result: JSON as a tree, text as text. */
export function Value({ value }: { value: unknown }) {
  if (value === undefined || value === null || value === "") return <p className="muted">nothing</p>;
  if (typeof value === "object") return <Json value={value} openDepth={2} />;
  return <Markdown text={String(value)} />;
}

function LeftOut({ part }: { part: Part }) {
  if (!part.cut) return null;
  return <p className="muted">… {count(part.cut)} more bytes in the span</p>;
}
