// One trace of the list.

import { memo } from "react";
import { Link } from "wouter";
import { path } from "../api/client.ts";
import type { Trace } from "../api/types.ts";
import { CostCell, DurationBar, ErrorsCell, TokensCell } from "../list/cells.tsx";
import { LinkRow } from "../list/list.tsx";
import { count } from "../model/format.ts";
import { Ago, Services } from "../ui/parts.tsx";
import { Wholeness } from "../ui/wholeness.tsx";

export const Row = memo(function Row({
  trace: t,
  longest,
  fresh,
}: {
  trace: Trace;
  longest: number;
  fresh: boolean;
}) {
  const href = path`/traces/${t.trace_id}`;
  return (
    <LinkRow href={href} className={fresh ? "fresh" : undefined}>
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
      <ErrorsCell errors={t.error_count} />
      <TokensCell input={t.input_tokens} output={t.output_tokens} />
      <CostCell dollars={t.cost} />
      <td className="wide">
        {t.session_id && <Link href={path`/sessions/${t.session_id}`}>{t.session_id}</Link>}
      </td>
      <td className="wide" title={t.user_id}>
        {t.user_id && <Link href={`/?user=${encodeURIComponent(t.user_id)}`}>{t.user_id}</Link>}
      </td>
    </LinkRow>
  );
});
