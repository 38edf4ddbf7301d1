// Input and output: a conversation, JSON, or text.

import { useMemo, useState } from "react";
import type { Message, Span } from "../../api/types.ts";
import { callNames } from "../../model/conversation.ts";
import { parseJson } from "../../model/json.ts";
import { Json, LongText } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";
import { Attributes } from "./attributes.tsx";
import { Conversation } from "./conversation.tsx";

export function Content({ span }: { span: Span }) {
  const { messages, answer } = span.view;
  const calls = useMemo(() => callNames(messages, answer), [messages, answer]);
  if (!span.input && !span.output) {
    return (
      <>
        <p className="note">This span has no input or output. What it does say:</p>
        <Attributes span={span} />
      </>
    );
  }
  return (
    <>
      <Payload title="Input" text={span.input} messages={messages} calls={calls} />
      <Payload title="Output" text={span.output} messages={answer} calls={calls} />
    </>
  );
}

const forms = { chat: "Chat", json: "JSON", text: "Text" } as const;
type Form = keyof typeof forms;

interface PayloadProps {
  title: string;
  text: string;
  /** The same as a conversation; empty when it is none. */
  messages: Message[];
  calls: Map<string, string>;
}

function Payload({ title, text, messages, calls }: PayloadProps) {
  const json = useMemo(() => parseJson(text), [text]);
  const offered: Form[] = [
    ...(messages.length > 0 ? ["chat" as const] : []),
    ...(json ? ["json" as const] : []),
    "text",
  ];
  const [chosen, setForm] = useState<Form>();
  const form = chosen && offered.includes(chosen) ? chosen : offered[0]!;
  return (
    <section className="payload" aria-label={title}>
      <header>
        <h3>{title}</h3>
        {text && offered.length > 1 && (
          <span className="segments" role="group" aria-label={`${title} as`}>
            {offered.map((f) => (
              <button key={f} type="button" aria-pressed={f === form} onClick={() => setForm(f)}>
                {forms[f]}
              </button>
            ))}
          </span>
        )}
        <span className="grow" />
        {text && <Copy text={text} title={`Copy the ${title.toLowerCase()}`} />}
      </header>
      {!text ? (
        <p className="muted">None</p>
      ) : form === "chat" ? (
        <Conversation messages={messages} calls={calls} />
      ) : form === "json" ? (
        <Json value={json} />
      ) : (
        <pre className="plain-text">
          <LongText text={json ? text : unquoted(text)} />
        </pre>
      )}
    </section>
  );
}

/** A JSON string is shown as the text it is. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
