// Links of a span to spans of this and other traces.

import { Link } from "wouter";
import { path, withParams } from "../../api/client.ts";
import type { Span } from "../../api/types.ts";
import { Icon } from "../../ui/icons.tsx";
import { AttributeTable } from "./attributes.tsx";

export function Links({ span }: { span: Span }) {
  if (span.links.length === 0) return <p className="note">This span links to no other.</p>;
  return (
    <ul className="events">
      {span.links.map((l, i) => (
        <li key={i}>
          <header>
            <Icon name="link" size={14} />
            <Link href={withParams(path`/traces/${l.trace_id}`, { span: l.span_id })}>
              {l.trace_id === span.trace_id ? (
                <>
                  span <code>{l.span_id}</code> of this trace
                </>
              ) : (
                <>
                  trace <code>{l.trace_id}</code>, span <code>{l.span_id}</code>
                </>
              )}
            </Link>
          </header>
          {l.trace_state && <p className="muted">Trace state: {l.trace_state}</p>}
          <AttributeTable attributes={l.attributes} />
        </li>
      ))}
    </ul>
  );
}
