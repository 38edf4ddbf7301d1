// The panel of the selected row. What the row knows is there at once; the span's
// body is asked for when the selection stands still.

import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { Link } from "wouter";
import { path } from "../../api/client.ts";
import { useSpan } from "../../api/queries.ts";
import type { Break, Outline, Span } from "../../api/types.ts";
import { find } from "../../model/attributes.ts";
import type { Palette } from "../../model/colour.ts";
import { cost, count, duration, exact, uuid } from "../../model/format.ts";
import type { Tree, TreeRow } from "../../model/tree.ts";
import { useSettled } from "../../ui/hooks.ts";
import { Icon, typeOf } from "../../ui/icons.tsx";
import { Copy, Dot, Fact, IconButton, Loading, Problem } from "../../ui/parts.tsx";
import { Explained } from "../breaks.tsx";
import type { TraceState } from "../state.ts";
import { exceptionOf } from "./events.tsx";
import { tabs } from "./tabs.ts";

interface Props {
  row: TreeRow;
  tree: Tree;
  breaks: Break[];
  traceId: string;
  paint: Palette;
  state: TraceState;
}

/** How long the selection must stand still before a body is asked for. */
const settle = 90;

export function Detail({ row, tree, breaks, traceId, paint, state }: Props) {
  return (
    <aside className="detail" aria-label="Details of the selected span">
      {row.span ? (
        <SpanDetail outline={row.span} row={row} tree={tree} traceId={traceId} paint={paint} state={state} />
      ) : (
        <MissingParent row={row} tree={tree} breaks={breaks} state={state} />
      )}
    </aside>
  );
}

function Head({
  icon,
  title,
  children,
  onClose,
}: {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  onClose: () => void;
}) {
  return (
    <header className="detail-head">
      <div className="detail-title">
        {icon}
        <h2 title={title}>{title}</h2>
        <IconButton icon="close" title="Close  Esc" onClick={onClose} />
      </div>
      {children}
    </header>
  );
}

function MissingParent({ row, tree, breaks, state }: Pick<Props, "row" | "tree" | "breaks" | "state">) {
  const about = breaks.filter(
    (b) => b.kind === "missing_parent" && b.spans.some((id) => childOf(tree, id) === row.key),
  );
  return (
    <>
      <Head
        icon={<Icon name="missing" />}
        title={row.name || "Missing parent"}
        onClose={() => state.act("clear")}
      >
        <p className="detail-ids">
          <Copy text={row.id} title="Copy the span id" label={<code>{row.id}</code>} />
        </p>
      </Head>
      <div className="detail-body">
        <p className="note">
          Spans name this id as parent, or as an ancestor in their path, and no span with it was received.
          What is known to belong to it is shown below this row.
        </p>
        {about.map((b, i) => (
          <Explained key={i} b={b} tree={tree} onSelect={(key) => state.select(key)} />
        ))}
      </div>
    </>
  );
}

/** The key of the row above the span with this id. */
function childOf(tree: Tree, id: string): string | undefined {
  const row = tree.rows[tree.byKey.get(id) ?? -1];
  return row && tree.rows[row.parent]?.key;
}

type SpanProps = Omit<Props, "breaks"> & { outline: Outline };

function SpanDetail({ outline: s, row, tree, traceId, paint, state }: SpanProps) {
  const settled = useSettled(row.key, settle);
  const at = tree.rows[tree.byKey.get(settled) ?? -1]?.span ?? s;
  const body = useSpan(traceId, at.span_id, at.twin, `${at.end_time} ${at.status}`);
  const span = body.data?.span_id === s.span_id && body.data.twin === s.twin ? body.data : undefined;
  const parent = tree.rows[row.parent];
  const type = typeOf(s.type, s.kind);
  return (
    <>
      <Head
        icon={<Icon name={type.icon} title={type.label} />}
        title={s.name || "(unnamed)"}
        onClose={() => state.act("clear")}
      >
        <div className="detail-line">
          <span className="service">
            <Dot colour={paint(s.service)} />
            {s.service || "(no service)"}
          </span>
          <span className="muted">{type.label}</span>
          {s.kind !== "unspecified" && s.kind !== "internal" && s.kind !== type.label.toLowerCase() && (
            <span className="muted">{s.kind}</span>
          )}
          {s.open && <span className="badge plain">open</span>}
          {s.twin > 0 && <span className="badge broken">id used twice</span>}
          {s.tags.map((tag) => (
            <span key={tag} className="badge plain">
              {tag}
            </span>
          ))}
          <span className="grow" />
          <Copy text={s.span_id} title="Copy the span id" label={<code>{s.span_id}</code>} />
          <Copy
            text={uuid(s.span_id)}
            title="Copy the span id as a UUID"
            label={<span className="muted">UUID</span>}
          />
        </div>
        <dl className="facts">
          <Fact label="Duration">
            {s.open ? (s.open_state === "unknown" ? "open" : s.open_state) : duration(s.duration_ns)}
          </Fact>
          <Fact label="Started" title={exact(s.start_time)}>
            +{duration(row.start)}
          </Fact>
          {span?.scores.map((score) => (
            <Fact
              key={`${score.name} ${score.time}`}
              label={score.name || "Score"}
              title={[score.explanation, score.source, exact(score.time)].filter(Boolean).join("\n")}
            >
              {[score.value, score.label].filter((part) => part !== null && part !== "").join(" ")}
            </Fact>
          ))}
          {s.model && (
            <Fact label="Model" title={s.provider}>
              {s.model}
            </Fact>
          )}
          {(s.input_tokens !== null || s.output_tokens !== null || s.model) && (
            <Fact label="Tokens in → out">
              {count(s.input_tokens)} → {count(s.output_tokens)}
              {!!span?.view.usage.cache_read_tokens && (
                <span className="muted"> · {count(span.view.usage.cache_read_tokens)} cached</span>
              )}
            </Fact>
          )}
          {(s.cost !== null || s.model) && (
            <Fact
              label="Cost"
              title={span?.view.cost.from || "Unknown: no cost was given and no price is known"}
            >
              {cost(s.cost)}
            </Fact>
          )}
          {span && span.view.time_to_first_token_ns !== null && (
            <Fact label="First token">{duration(span.view.time_to_first_token_ns)}</Fact>
          )}
          {row.size > 0 && (row.inputTokens !== null || row.outputTokens !== null) && !s.model && (
            <Fact label="Tokens below" title="Of all spans below this one, roll-ups left out">
              {count(row.inputTokens)} → {count(row.outputTokens)}
            </Fact>
          )}
          {row.size > 0 && row.cost !== null && !s.model && (
            <Fact label="Cost below" title="Of all spans below this one, roll-ups left out">
              {cost(row.cost)}
            </Fact>
          )}
          {parent && (
            <Fact label="Parent" title={parent.span ? parent.name : "never received"}>
              <button type="button" className="as-link" onClick={() => state.select(parent.key)}>
                {parent.name || "missing"}
              </button>
            </Fact>
          )}
          {s.session_id && (
            <Fact label="Session" title={s.session_id}>
              <Link href={path`/sessions/${s.session_id}`}>{s.session_id}</Link>
            </Fact>
          )}
          {s.user_id && (
            <Fact label="User" title={s.user_id}>
              {s.user_id}
            </Fact>
          )}
        </dl>
      </Head>
      {s.status === "error" && <ErrorNote outline={s} span={span} />}
      {span && <KeptNote span={span} />}
      <Tabs span={span} state={state} />
      <div className="detail-body" role="tabpanel" aria-label={tabOf(state.tab).label}>
        {span ? (
          <TabBody span={span} tab={state.tab} key={`${row.key} ${state.tab}`} />
        ) : body.isError ? (
          <Problem error={body.error} what="This span" retry={() => void body.refetch()} />
        ) : (
          <Loading what="the span" />
        )}
      </div>
    </>
  );
}

/** A span of a trace that was not sampled looks like any other, but the trace around it may have holes. */
function KeptNote({ span }: { span: Span }) {
  const why = find(span.attributes, "clew.sampling.kept");
  if (!why) return null;
  const leftOut = find(span.attributes, "clew.sampling.left_out");
  return (
    <p className="note">
      This trace was not sampled. {span.service || "This process"} kept its own spans of it because one{" "}
      {why === "slow" ? "was slow" : "failed"}
      {leftOut && `, but for ${leftOut} that did not fit`}; those of other processes may be missing.
    </p>
  );
}

/** The error is above the tabs: no tab hides it. */
function ErrorNote({ outline, span }: { outline: Outline; span: Span | undefined }) {
  const exception = span && exceptionOf(span);
  const text =
    outline.status_message || exception?.message || "The span ended with an error and says no more.";
  return (
    <div className="error-note" role="alert">
      <Icon name="error" size={15} />
      <div>
        {exception?.type && <b>{exception.type}</b>} {text}
      </div>
    </div>
  );
}

function tabOf(id: string) {
  return tabs.find((t) => t.id === id) ?? tabs[0]!;
}

function Tabs({ span, state }: { span: Span | undefined; state: TraceState }) {
  const list = useRef<HTMLDivElement>(null);
  const current = tabOf(state.tab);
  const choose = (id: string) => state.setTab(id === tabs[0]!.id ? "" : id);
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    e.preventDefault();
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]!;
    choose(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" ref={list} onKeyDown={onKeyDown}>
      {tabs.map((t) => {
        const n = span && t.count?.(span);
        return (
          <button
            key={t.id}
            type="button"
            role="tab"
            data-tab={t.id}
            aria-selected={t === current}
            tabIndex={t === current ? 0 : -1}
            onClick={() => choose(t.id)}
          >
            {t.label}
            {n ? <span className="tab-count">{n}</span> : null}
          </button>
        );
      })}
    </div>
  );
}

function TabBody({ span, tab }: { span: Span; tab: string }) {
  const { component: Body } = tabOf(tab);
  return <Body span={span} />;
}
