// One trace of the list.

import { memo } from "react";
import { Link, useLocation } from "wouter";
import { path } from "../api/client.ts";
import type { Trace } from "../api/types.ts";
import { cost, count, duration, plural, short } from "../model/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Ago, Services } from "../ui/parts.tsx";

export const Row = memo(function Row({
  trace: t,
  longest,
  fresh,
}: {
  trace: Trace;
  longest: number;
  fresh: boolean;
}) {
  const [, navigate] = useLocation();
  const href = path`/traces/${t.trace_id}`;
  return (
    <tr
      className={fresh ? "fresh" : undefined}
      onClick={(e) => {
        // The links inside do their own work; a selection of text is no click.
        if ((e.target as Element).closest("a, button") || getSelection()?.toString()) return;
        if (e.metaKey || e.ctrlKey) window.open(href, "_blank", "noopener");
        else navigate(href);
      }}
    >
      <td className="name">
        <span>
          <Link href={href} title={t.name}>
            {t.name || "(unnamed)"}
          </Link>
          <Wholeness trace={t} />
        </span>
      </td>
      <td>
        <Services names={t.services} max={3} />
      </td>
      <td className="start">
        <Ago time={t.start_time} />
      </td>
      <td className="duration">
        <DurationBar ns={t.duration_ns} longest={longest} />
      </td>
      <td className="num">{count(t.span_count)}</td>
      <td className={t.error_count > 0 ? "num bad" : "num none"}>{count(t.error_count)}</td>
      <td className="num tokens" title={tokensTitle(t)}>
        <Tokens input={t.input_tokens} output={t.output_tokens} />
      </td>
      <td className={t.cost === null ? "num none" : "num"} title={t.cost === null ? "Unknown" : `$${t.cost}`}>
        {cost(t.cost)}
      </td>
      <td className="wide">
        {t.session_id && <Link href={path`/sessions/${t.session_id}`}>{t.session_id}</Link>}
      </td>
      <td className="wide" title={t.user_id}>
        {t.user_id && <Link href={`/?user=${encodeURIComponent(t.user_id)}`}>{t.user_id}</Link>}
      </td>
    </tr>
  );
});

/**
 * The bar is relative to the longest of the page, by the square root: beside a
 * trace of minutes those of seconds still differ.
 */
export function DurationBar({ ns, longest }: { ns: number; longest: number }) {
  return (
    <span className="duration-bar">
      <span>{duration(ns)}</span>
      <i aria-hidden="true">
        <b style={{ width: `${longest > 0 ? Math.max(1.5, Math.sqrt(ns / longest) * 100) : 0}%` }} />
      </i>
    </span>
  );
}

export function Tokens({ input, output }: { input: number | null; output: number | null }) {
  if (input === null && output === null) return <span className="none">–</span>;
  return (
    <>
      {short(input)} <span className="arrow">→</span> {short(output)}
    </>
  );
}

function tokensTitle(t: Trace): string {
  if (t.input_tokens === null && t.output_tokens === null) return "Unknown";
  return `${count(t.input_tokens)} input, ${count(t.output_tokens)} output`;
}

/** A badge when the trace is not one whole tree. */
export function Wholeness({ trace: t }: { trace: Trace }) {
  if (t.orphan_count === 0 && t.root_count <= 1) return null;
  const what = [
    t.orphan_count > 0 && `${plural(t.orphan_count, "span")} whose parent was never received`,
    t.root_count > 1 && `${t.root_count} roots`,
  ].filter(Boolean);
  return (
    <span className="badge broken" title={`Not whole: ${what.join(", ")}`}>
      <Icon name="broken" size={12} />
      {t.orphan_count > 0 ? plural(t.orphan_count, "orphan") : `${t.root_count} roots`}
    </span>
  );
}
