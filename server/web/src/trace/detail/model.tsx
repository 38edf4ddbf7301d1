// What a model call consumed and cost, with which tools and parameters, and where each field came from.

import { useState } from "react";
import type { Origin, Span, Usage } from "../../api/types.ts";
import { useOrigins } from "../../api/queries.ts";
import { count, dollars, duration } from "../../model/format.ts";
import { Json } from "../../ui/json.tsx";
import { Loading, Problem } from "../../ui/parts.tsx";

export function Model({ span }: { span: Span }) {
  const { view } = span;
  const parameters = Object.keys(view.parameters).length > 0;
  const called = [
    ["Operation", view.operation],
    ["Asked for", view.request_model !== span.model ? view.request_model : ""],
    ["Stopped by", view.finish_reasons.join(", ")],
    ["Response id", view.response_id],
    ["First token", view.time_to_first_token_ns === null ? "" : duration(view.time_to_first_token_ns)],
    ["Agent", view.agent],
    ["Tool", view.tool_name],
    ["Tool call id", view.tool_call_id],
    ["Prompt", [view.prompt.name, view.prompt.version, view.prompt.id].filter(Boolean).join(" · ")],
    ["Environment", view.environment],
  ].filter(([, value]) => value);
  return (
    <>
      <UsageTable usage={view.usage} />
      <Cost span={span} />
      {called.length > 0 && (
        <section className="attributes" aria-label="Call">
          <h3>Call</h3>
          <dl className="attribute-table">
            {called.map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {parameters && (
        <section className="attributes" aria-label="Parameters">
          <h3>Parameters</h3>
          <Json value={view.parameters} />
        </section>
      )}
      {view.tools.length > 0 && (
        <section className="attributes" aria-label="Tools">
          <h3>
            Tools <span className="tab-count">{view.tools.length}</span>
          </h3>
          {view.tools.map((t, i) => (
            <details key={i} className="tool-definition">
              <summary>
                <b>{t.name}</b> <span className="muted">{t.description}</span>
              </summary>
              {t.parameters ? (
                <Json value={t.parameters} openDepth={3} />
              ) : (
                <p className="muted">no parameters</p>
              )}
            </details>
          ))}
        </section>
      )}
      <Origins span={span} />
    </>
  );
}

function UsageTable({ usage: u }: { usage: Usage }) {
  const rows: [string, number | null, boolean][] = [
    ["Input", u.input_tokens, false],
    ["read from a cache", u.cache_read_tokens, true],
    ["written to a cache", u.cache_write_tokens, true],
    ["of these for an hour", u.cache_write_1h_tokens, true],
    ["sound", u.audio_input_tokens, true],
    ["Output", u.output_tokens, false],
    ["reasoning", u.reasoning_tokens, true],
    ["sound", u.audio_output_tokens, true],
  ];
  const known = rows.filter(([, n, part]) => n !== null && (n > 0 || !part));
  if (known.length === 0) return <p className="note">This span says nothing of tokens.</p>;
  return (
    <section className="attributes" aria-label="Usage">
      <h3>Tokens</h3>
      {u.not_counted && <p className="note">Not counted in sums: {u.not_counted}.</p>}
      <table className="usage">
        <tbody>
          {known.map(([label, n, part], i) => (
            <tr key={i} className={part ? "part" : ""}>
              <th scope="row">{label}</th>
              <td className="num">{count(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {(u.batch || u.service_tier) && (
        <p className="muted">
          {[u.batch && "batch", u.service_tier && `service tier ${u.service_tier}`]
            .filter(Boolean)
            .join(", ")}
        </p>
      )}
    </section>
  );
}

function Cost({ span }: { span: Span }) {
  const { cost: detail, usage } = span.view;
  if (span.cost === null && detail.computed === null) {
    if (usage.input_tokens === null && usage.output_tokens === null) return null;
    return (
      <section className="attributes" aria-label="Cost">
        <h3>Cost</h3>
        <p className="note">
          Unknown: the span doesn't say, and there is no price for {span.model || "a model without a name"}
          {span.provider && ` of ${span.provider}`}. A file of prices can be given with <code>--prices</code>.
        </p>
      </section>
    );
  }
  return (
    <section className="attributes" aria-label="Cost">
      <h3>Cost</h3>
      {span.cost !== null && (
        <p>
          <b>${dollars(span.cost)}</b> <span className="muted">by {detail.from}</span>
        </p>
      )}
      {detail.computed !== null && (
        <>
          {(span.cost !== detail.computed || detail.from !== detail.computed_from) && (
            <p className="muted">
              {span.cost === null ? "Would be" : "By the prices of this server"} ${dollars(detail.computed)}:{" "}
              {detail.computed_from}
            </p>
          )}
          <table className="usage">
            <thead>
              <tr>
                <th scope="col" />
                <th scope="col" className="num">
                  Tokens
                </th>
                <th scope="col" className="num">
                  $ a million
                </th>
                <th scope="col" className="num">
                  Amount
                </th>
              </tr>
            </thead>
            <tbody>
              {detail.lines.map((l) => (
                <tr key={l.what}>
                  <th scope="row">{l.what}</th>
                  <td className="num">{count(l.tokens)}</td>
                  <td className="num">{dollars(l.price_per_million)}</td>
                  <td className="num">{dollars(l.amount)}</td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">all</th>
                <td className="num" colSpan={3}>
                  {dollars(detail.computed)}
                </td>
              </tr>
            </tfoot>
          </table>
        </>
      )}
    </section>
  );
}

/** Asked for when it is opened: most people never wonder. */
function Origins({ span }: { span: Span }) {
  const [open, setOpen] = useState(false);
  const origins = useOrigins(span.trace_id, span.span_id, span.twin, open);
  return (
    <details
      className="origins"
      onToggle={(e) => {
        if (e.currentTarget.open) setOpen(true);
      }}
    >
      <summary>Where each field came from</summary>
      {origins.isError ? (
        <Problem error={origins.error} what="The explanation" retry={() => void origins.refetch()} />
      ) : origins.data ? (
        <ul>
          {origins.data.map((o, i) => (
            <OriginRow key={i} origin={o} />
          ))}
        </ul>
      ) : (
        open && <Loading what="the explanation" />
      )}
    </details>
  );
}

function OriginRow({ origin: o }: { origin: Origin }) {
  return (
    <li>
      <b>{o.field}</b> <span className="origin-value">{o.value}</span>
      <div className="muted">
        {o.key && <code>{o.key}</code>} {[o.dialect, o.rule].filter(Boolean).join(": ")}
      </div>
    </li>
  );
}
