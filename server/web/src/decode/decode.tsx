// Paste anything, see what span contexts it holds. The text is in no URL: it may be long, and hold what should not be
// in a history.

import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useDecoded } from "../api/queries.ts";
import type { DecodedContext, DecodedID, DecodeProblem, TextPosition } from "../api/types.ts";
import { count } from "../model/format.ts";
import { useTitle } from "../ui/hooks.ts";
import { Copy, Fact, Problem } from "../ui/parts.tsx";
import { excerpt } from "./excerpt.ts";

const effects = {
  continue: "continued",
  join: "joins in",
  link: "linked",
  ignore: "ignored",
  new_trace: "new trace",
} as const;

export function DecodeView() {
  useTitle("Decode");
  const [draft, setDraft] = useState("");
  const [text, setText] = useState("");
  const answer = useDecoded(text);
  const decoded = answer.data;
  return (
    <div className="decode-page">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          setText(draft);
        }}
      >
        <h1>
          <label htmlFor="decode-text">What does it carry?</label>
        </h1>
        <p className="muted">
          Paste a header, a block of headers, JSON, the output of env or curl -v, or a line of a log.
        </p>
        <textarea
          id="decode-text"
          rows={8}
          spellCheck={false}
          value={draft}
          onChange={(e) => setDraft(e.target.value)}
          onPaste={(e) => {
            const field = e.currentTarget;
            // What was pasted is in the field a moment later.
            setTimeout(() => setText(field.value));
          }}
          onKeyDown={(e) => {
            if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) e.currentTarget.form?.requestSubmit();
          }}
        />
        <button type="submit" disabled={draft.trim() === ""}>
          Decode
        </button>
      </form>
      <section aria-label="What was found" aria-live="polite" aria-busy={answer.isFetching}>
        {answer.isError && (
          <Problem error={answer.error} what="The answer" retry={() => void answer.refetch()} />
        )}
        {decoded?.contexts.length === 0 && <p className="decode-none">No span context found.</p>}
        {decoded?.contexts.map((c, i) => (
          <Context key={i} context={c} text={text} number={i + 1} />
        ))}
        {decoded && decoded.disagreements.length > 0 && (
          <div className="decode-card">
            <h2>They disagree</h2>
            <ul>
              {decoded.disagreements.map((d, i) => (
                <li key={i}>
                  {d.contexts.map((n) => n + 1).join(" ≠ ")} · {d.message}
                </li>
              ))}
            </ul>
          </div>
        )}
        {decoded?.more && <p className="muted">There is more in the text than is told here.</p>}
      </section>
    </div>
  );
}

function Context({ context: c, text, number }: { context: DecodedContext; text: string; number: number }) {
  const mood = !c.valid ? "bad" : c.problems.length > 0 ? "warn" : "good";
  return (
    <article
      className={`decode-card ${mood}`}
      aria-label={`Context ${number}: ${c.format || "unknown format"}`}
    >
      <h2>
        <span className="muted">{number}</span> {c.format || "unknown format"}{" "}
        <span className="decode-effect">{effects[c.effect]}</span>
        <span className="muted decode-where">
          {c.fields
            .map((f) => [f.name || "text", "at", place(f.at), ...f.encodings].join(" "))
            .concat(c.times > 1 ? [`${count(c.times)} times`] : [])
            .join(", ")}
        </span>
      </h2>
      {c.problems.map((p, i) => (
        <Wrong key={i} problem={p} text={text} />
      ))}
      <p>{c.explanation}</p>
      <dl className="facts">
        {c.trace_id && <Id label="Trace" id={c.trace_id} />}
        {c.span_id && <Id label="Span" id={c.span_id} />}
        <Some label="Flags">{c.flags.join(", ").replaceAll("_", " ")}</Some>
        <Some label="Session">{c.session_id}</Some>
        <Some label="User">{c.user_id}</Some>
        <Some label="Path">{c.path.join(" → ")}</Some>
        <Some label="Trace state">{c.trace_state}</Some>
        <Some label="Metadata">{Object.keys(c.metadata).length > 0 && JSON.stringify(c.metadata)}</Some>
        <Some label="Baggage">{c.baggage.map((b) => `${b.key}=${b.value}`).join(", ")}</Some>
      </dl>
      <Stored context={c} />
    </article>
  );
}

function Stored({ context: { stored } }: { context: DecodedContext }) {
  if (!stored) return null;
  return (
    <div className="decode-stored">
      {stored.trace ? (
        <p>
          Stored: <Link href={stored.link}>{stored.trace.name || "(unnamed)"}</Link>,{" "}
          {counted(stored.trace.span_count, "span")}, {counted(stored.trace.error_count, "error")},{" "}
          {stored.trace.services.join(", ")}
          {stored.spans.length === 0 && ". The span itself was not received."}
          {stored.spans.map((s) => ` · ${s.name || "(unnamed)"} of ${s.service || "(no service)"}`)}
        </p>
      ) : (
        <p>No span of this trace was received.</p>
      )}
      {stored.sharing.map((id) => (
        <p key={id}>
          Another trace has the same low 64 bits: <Link href={`/traces/${id}`}>{id}</Link>
        </p>
      ))}
    </div>
  );
}

function Wrong({ problem: p, text }: { problem: DecodeProblem; text: string }) {
  const cut = p.at && excerpt(text, p.at.line, p.at.column);
  return (
    <div className="decode-wrong">
      <p>
        {p.field && `${p.field} is left out: `}
        {p.message} {p.at && <span className="muted">at {place(p.at)}</span>}
      </p>
      {cut && (
        <pre>
          {cut.before}
          <mark>{cut.at || " "}</mark>
          {cut.after}
        </pre>
      )}
    </div>
  );
}

function Id({ label, id }: { label: string; id: DecodedID }) {
  return (
    <Fact
      label={label}
      title={`UUID ${id.uuid}\nlow 64 bits ${id.decimal}\nB3 ${id.b3}` + (id.xray && `\nX-Ray ${id.xray}`)}
    >
      <code>{id.hex}</code>
      <Copy text={id.hex} title={`Copy the ${label.toLowerCase()} id`} />
      <div className="muted mono">
        {id.uuid} · {id.decimal} · {id.b3}
        {id.xray && ` · ${id.xray}`}
      </div>
    </Fact>
  );
}

function Some({ label, children }: { label: string; children: ReactNode }) {
  return children ? <Fact label={label}>{children}</Fact> : null;
}

const counted = (n: number, noun: string) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

const place = (at: TextPosition) => `${at.line}:${at.column}`;
