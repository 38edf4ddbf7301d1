// What the trace is as a whole.

import { useMemo } from "react";
import { Link } from "wouter";
import { path } from "../api/client.ts";
import type { Outline, Trace } from "../api/types.ts";
import type { Palette } from "../model/colour.ts";
import { cost, count, duration, exact, uuid } from "../model/format.ts";
import { Ago, Copy, Dot, Fact } from "../ui/parts.tsx";
import { Wholeness } from "../ui/wholeness.tsx";

export function TraceHeader({ trace: t, spans, paint }: { trace: Trace; spans: Outline[]; paint: Palette }) {
  const perService = useMemo(() => {
    const counts = new Map<string, number>();
    for (const s of spans) counts.set(s.service, (counts.get(s.service) ?? 0) + 1);
    return counts;
  }, [spans]);
  const open = useMemo(() => spans.filter((s) => s.open).length, [spans]);
  return (
    <header className="trace-header">
      <div className="trace-title">
        <h1 title={t.name}>{t.name || "(unnamed)"}</h1>
        <Wholeness trace={t} />
        <span className="ids">
          <Copy text={t.trace_id} title="Copy the trace id" label={<code>{t.trace_id}</code>} />
          <Copy
            text={uuid(t.trace_id)}
            title="Copy the trace id as a UUID"
            label={<span className="muted">UUID</span>}
          />
        </span>
      </div>
      <dl className="facts">
        <Fact label="Duration">{duration(t.duration_ns)}</Fact>
        <Fact label="Started" title={exact(t.start_time)}>
          {exact(t.start_time).slice(0, 19)}{" "}
          <span className="muted">
            · <Ago time={t.start_time} />
          </span>
        </Fact>
        <Fact label="Spans">{count(t.span_count)}</Fact>
        {open > 0 && (
          <Fact label="Open" title="Spans that started and have not ended">
            {count(open)}
          </Fact>
        )}
        <Fact label="Errors">
          <span className={t.error_count > 0 ? "bad" : ""}>{count(t.error_count)}</span>
        </Fact>
        <Fact label="Tokens in → out" title="As the spans of model calls told; – is unknown">
          {t.input_tokens === null && t.output_tokens === null
            ? "–"
            : `${count(t.input_tokens)} → ${count(t.output_tokens)}`}
        </Fact>
        <Fact label="Cost" title={t.cost === null ? "No span has a model with a known price" : `$${t.cost}`}>
          {cost(t.cost)}
        </Fact>
        {t.session_id && (
          <Fact label="Session" title={t.session_id}>
            <Link href={path`/sessions/${t.session_id}`}>{t.session_id}</Link>
          </Fact>
        )}
        {t.user_id && (
          <Fact label="User" title={t.user_id}>
            <Link href={`/?user=${encodeURIComponent(t.user_id)}`}>{t.user_id}</Link>
          </Fact>
        )}
        <div className="fact legend">
          <dt>Services</dt>
          <dd>
            {t.services.map((name) => (
              <span key={name} className="service">
                <Dot colour={paint(name)} />
                {name || "(no service)"} <span className="muted">{count(perService.get(name) ?? 0)}</span>
              </span>
            ))}
          </dd>
        </div>
      </dl>
    </header>
  );
}
