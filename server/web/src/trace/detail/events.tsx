// Events of a span, exceptions with their stack trace.

import type { Span, SpanEvent } from "../../api/types.ts";
import { find } from "../../model/attributes.ts";
import { duration, exact, nanos } from "../../model/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { Copy } from "../../ui/parts.tsx";
import { AttributeTable } from "./attributes.tsx";

/** The last exception that the span recorded. */
export function exceptionOf(span: Span): { type: string; message: string } | undefined {
  const event = span.events.findLast((e) => e.name === "exception");
  return (
    event && {
      type: find(event.attributes, "exception.type"),
      message: find(event.attributes, "exception.message"),
    }
  );
}

export function Events({ span }: { span: Span }) {
  if (span.events.length === 0) return <p className="note">This span has no events.</p>;
  return (
    <ol className="events">
      {span.events.map((e, i) => (
        <li key={i}>
          <header>
            {e.name === "exception" && <Icon name="error" size={14} />}
            <b>{e.name || "(unnamed)"}</b>
            <span className="grow" />
            <time className="muted" dateTime={e.time} title={exact(e.time)}>
              +{duration(Number(nanos(e.time) - nanos(span.start_time)))}
            </time>
          </header>
          {e.name === "exception" ? <Exception event={e} /> : <AttributeTable attributes={e.attributes} />}
        </li>
      ))}
    </ol>
  );
}

const shownApart = ["exception.type", "exception.message", "exception.stacktrace"];

function Exception({ event }: { event: SpanEvent }) {
  const stack = find(event.attributes, "exception.stacktrace");
  return (
    <>
      <p className="exception">
        <b>{find(event.attributes, "exception.type")}</b> {find(event.attributes, "exception.message")}
      </p>
      {stack && (
        <div className="code">
          <pre className="stack">{stack}</pre>
          <Copy text={stack} title="Copy the stack trace" />
        </div>
      )}
      <AttributeTable attributes={event.attributes.filter((a) => !shownApart.includes(a.key))} />
    </>
  );
}
