// The strip above the trace: where it is broken, why, and what to change.

import { useState } from "react";
import { Link } from "wouter";
import { path } from "../api/client.ts";
import type { Break } from "../api/types.ts";
import { plural } from "../model/format.ts";
import type { Tree } from "../model/tree.ts";
import { Icon } from "../ui/icons.tsx";

/** What each kind of break is called. */
export const breakNames: Record<string, string> = {
  missing_parent: "Missing parent",
  several_roots: "Several roots",
  cycle: "Cycle of parents",
  duplicate_span_id: "Span id used twice",
  shared_low_64: "Trace id cut in half",
  lost_context: "Lost context",
};

/** More than this are folded behind a button. */
const shownFirst = 3;

export function Breaks({
  breaks,
  tree,
  onSelect,
}: {
  breaks: Break[];
  tree: Tree;
  onSelect: (key: string) => void;
}) {
  const [open, setOpen] = useState<number | undefined>(undefined);
  const [all, setAll] = useState(false);
  const shown = all ? breaks : breaks.slice(0, shownFirst);
  return (
    <section className="breaks" aria-label="Breaks">
      <h2>
        <Icon name="broken" size={15} />
        {breaks.length === 1
          ? "This trace is broken in one place"
          : `This trace is broken in ${breaks.length} places`}
      </h2>
      <ul>
        {shown.map((b, i) => (
          <li key={i} className={open === i ? "break open" : "break"}>
            <button
              type="button"
              className="break-line"
              aria-expanded={open === i}
              onClick={() => {
                setOpen(open === i ? undefined : i);
                const first = b.spans.find((id) => tree.byKey.has(id));
                if (first && open !== i) onSelect(first);
              }}
            >
              <Icon name="caret" size={12} />
              <b>{breakNames[b.kind] ?? b.kind}</b>
              {b.place && <span className="place">{b.place}</span>}
              <span className="cause">{b.cause}</span>
            </button>
            {open === i && <Explained b={b} tree={tree} onSelect={onSelect} />}
          </li>
        ))}
      </ul>
      {breaks.length > shown.length && (
        <button type="button" className="quiet" onClick={() => setAll(true)}>
          {plural(breaks.length - shown.length, "more break")}
        </button>
      )}
    </section>
  );
}

const mostSpans = 12;

export function Explained({ b, tree, onSelect }: { b: Break; tree: Tree; onSelect: (key: string) => void }) {
  return (
    <dl className="explained">
      <div>
        <dt>Likely cause</dt>
        <dd>{b.cause}</dd>
        <dt>What to change</dt>
        <dd className="fix">{b.fix}</dd>
      </div>
      <div>
        {b.proof.length > 0 && (
          <>
            <dt>What proves it</dt>
            <dd>
              <ul>
                {b.proof.map((sentence, i) => (
                  <li key={i}>{sentence}</li>
                ))}
              </ul>
            </dd>
          </>
        )}
        {b.spans.length > 0 && (
          <>
            <dt>Spans</dt>
            <dd className="break-spans">
              {b.spans.slice(0, mostSpans).map((id) => {
                const row = tree.rows[tree.byKey.get(id) ?? -1];
                return row ? (
                  <button key={id} type="button" onClick={() => onSelect(id)}>
                    {row.name || "missing parent"} <code className="muted">{id}</code>
                  </button>
                ) : (
                  <code key={id}>{id}</code>
                );
              })}
              {b.spans.length > mostSpans && (
                <span className="muted">and {plural(b.spans.length - mostSpans, "more", "more")}</span>
              )}
            </dd>
          </>
        )}
        {b.traces.length > 0 && (
          <>
            <dt>Other traces</dt>
            <dd className="break-spans">
              {b.traces.slice(0, mostSpans).map((id) => (
                <Link key={id} href={path`/traces/${id}`}>
                  <code>{id}</code>
                </Link>
              ))}
            </dd>
          </>
        )}
      </div>
    </dl>
  );
}
