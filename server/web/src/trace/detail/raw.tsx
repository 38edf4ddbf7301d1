// The span as the API sends it.

import { path, withParams } from "../../api/client.ts";
import type { Span } from "../../api/types.ts";
import { Json } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";

export function Raw({ span }: { span: Span }) {
  const url = withParams("/api/v1" + path`/traces/${span.trace_id}/spans/${span.span_id}`, {
    twin: span.twin || undefined,
  });
  return (
    <section className="payload" aria-label="Raw">
      <header>
        <code className="muted raw-url">GET {url}</code>
        <span className="grow" />
        <Copy text={JSON.stringify(span, null, 2)} title="Copy the span as JSON" />
      </header>
      <Json value={span} openDepth={2} />
    </section>
  );
}
