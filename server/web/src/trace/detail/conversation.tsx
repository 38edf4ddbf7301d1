// Chat messages by role, with calls of tools and what they returned.

import { useState } from "react";
import { plural } from "../../model/format.ts";
import type { Message, Part } from "../../model/messages.ts";
import { Icon } from "../../ui/icons.tsx";
import { Json, LongText } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";

/** A longer conversation shows its first message and its last ones at first. */
const shownLast = 12;

export function Conversation({ messages }: { messages: Message[] }) {
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
        return <Turn key={i} message={m} />;
      })}
    </ol>
  );
}

const roles = ["system", "developer", "user", "assistant", "model", "tool"];

function Turn({ message: m }: { message: Message }) {
  const known = roles.includes(m.role) ? m.role : "other";
  const text = m.parts.flatMap((p) => (p.kind === "text" ? [p.text] : [])).join("\n\n");
  return (
    <li className={`turn ${known}`}>
      <header>
        <b>{m.role}</b>
        {m.name && <span className="muted">{m.name}</span>}
        {m.finish && m.finish !== "stop" && <span className="badge plain">{m.finish}</span>}
        <span className="grow" />
        {text && <Copy text={text} title="Copy the message" />}
      </header>
      {m.parts.length === 0 && <p className="muted">empty</p>}
      {m.parts.map((p, i) => (
        <PartView key={i} part={p} />
      ))}
    </li>
  );
}

function PartView({ part: p }: { part: Part }) {
  switch (p.kind) {
    case "text":
      return (
        <p className="message-text">
          <LongText text={p.text} />
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
    case "call":
      return (
        <div className="tool-call">
          <header>
            <Icon name="tool" size={13} />
            <b>{p.name || "tool"}</b>
            {p.id && <code className="muted">{p.id}</code>}
          </header>
          <Value value={p.args} />
        </div>
      );
    case "result":
      return (
        <div className={p.failed ? "tool-call failed" : "tool-call"}>
          {(p.name || p.id || p.failed) && (
            <header>
              <span className="muted">{p.failed ? "failed" : "result"}</span>
              {p.name && <b>{p.name}</b>}
              {p.id && <code className="muted">{p.id}</code>}
            </header>
          )}
          <Value value={p.content} />
        </div>
      );
    case "media":
      return (
        <p className="media">
          <span className="badge plain">{p.what}</span> <span className="muted">{p.about}</span>
        </p>
      );
    case "other":
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
