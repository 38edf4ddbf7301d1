// Input and output: a conversation, JSON, or text.

import { useMemo, useState } from "react";
import type { Message, Span } from "../../api/types.ts";
import { useTurnOf } from "../../api/queries.ts";
import { Conversation } from "../../chat/conversation.tsx";
import { MediaOf } from "../../chat/media.tsx";
import { callNames } from "../../model/conversation.ts";
import { parseJson } from "../../model/json.ts";
import { Json, LongText } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";
import { Attributes } from "./attributes.tsx";

export function Content({ span }: { span: Span }) {
  const { messages, answer } = span.view;
  const calls = useMemo(() => callNames(messages, answer), [messages, answer]);
  const fresh = useFresh(span);
  if (!span.input && !span.output) {
    return (
      <>
        <p className="note">This span has no input or output. What it does say:</p>
        <Attributes span={span} />
      </>
    );
  }
  return (
    <MediaOf value={span}>
      <Payload title="Input" text={span.input} messages={messages} calls={calls} fresh={fresh} />
      <Payload title="Output" text={span.output} messages={answer} calls={calls} />
    </MediaOf>
  );
}

/** Places of the messages that are new since the call before; undefined when there is none. */
function useFresh(span: Span): number[] | undefined {
  const worth = span.view.messages.length > 2;
  const answer = useTurnOf(span.trace_id, span.span_id, `${span.end_time} ${span.status}`, worth);
  const turn = answer.data?.turns[0];
  if (!turn?.follows || turn.span.span_id !== span.span_id || turn.span.twin !== span.twin) return undefined;
  return [...turn.messages.map((m) => m.at), ...turn.folded];
}

const forms = { chat: "Chat", json: "JSON", text: "Text" } as const;
type Form = keyof typeof forms;

interface PayloadProps {
  title: string;
  text: string;
  /** The same as a conversation; empty when it is none. */
  messages: Message[];
  calls: Map<string, string>;
  fresh?: number[] | undefined;
}

function Payload({ title, text, messages, calls, fresh }: PayloadProps) {
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
        <Conversation messages={messages} calls={calls} fresh={fresh} />
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
