// Small parts that every view uses.

import { type ReactNode, useEffect, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client.ts";
import { type Palette, palette } from "../model/colour.ts";
import { ago, exact } from "../model/format.ts";
import { Icon, type IconName } from "./icons.tsx";

/** A button that copies text and says so. Without label it is an icon. */
export function Copy({ text, label, title }: { text: string; label?: ReactNode; title: string }) {
  const [done, setDone] = useState<boolean>();
  useEffect(() => {
    if (done === undefined) return;
    const timer = setTimeout(() => setDone(undefined), 1400);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className={label ? "copy labelled" : "copy"}
      title={done ? "Copied" : title}
      aria-label={title}
      onClick={(e) => {
        e.stopPropagation();
        void copy(text).then(setDone);
      }}
    >
      {label}
      <Icon name={done ? "check" : done === false ? "error" : "copy"} size={13} />
      <span className="visually-hidden" aria-live="polite">
        {done ? "Copied" : ""}
      </span>
    </button>
  );
}

/** Whether it worked. The clipboard's interface exists on secure origins only; elsewhere the old way is left. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A moment, relative; exact on hover. It moves on while it is shown. */
export function Ago({ time }: { time: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={time} title={`${exact(time)}\n${time}`}>
      {ago(time)}
    </time>
  );
}

export function Dot({ colour }: { colour: string }) {
  return <i className="dot" style={{ background: colour }} aria-hidden="true" />;
}

const mostDots = 6;

/** Services as coloured names; those beyond max are dots, and of many the rest is a number. */
export function Services({ names, max = 3, colours }: { names: string[]; max?: number; colours?: Palette }) {
  const paint = colours ?? palette(names);
  const named = names.slice(0, max);
  const dots = names.slice(max, max + mostDots);
  return (
    <span className="services" title={names.join("\n")}>
      {named.map((name) => (
        <span key={name} className="service">
          <Dot colour={paint(name)} />
          <span className="service-name">{name || "(no service)"}</span>
        </span>
      ))}
      {dots.length > 0 && (
        <span className="dots">
          {dots.map((name) => (
            <Dot key={name} colour={paint(name)} />
          ))}
          {names.length > max + mostDots && <span className="more">+{names.length - max - mostDots}</span>}
        </span>
      )}
    </span>
  );
}

/** A page's place for what went wrong and what to do about it. */
export function Problem({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  const api = error instanceof ApiError ? error : undefined;
  const notFound = api?.status === 404;
  const advice = notFound
    ? "Perhaps it was sent to another server, is not sent yet, or the link is cut short. The page shows it as soon as it arrives."
    : api?.status === 0
      ? "Start it with clew serve, or check the address. This page tries again when the connection is back."
      : api && api.status >= 500
        ? "The server's log has the details."
        : "";
  return (
    <div className="problem" role="alert">
      <Icon name={notFound ? "search" : "warning"} size={28} />
      <h2>{notFound ? `${what} is not here` : `${what} could not be loaded`}</h2>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {advice && <p className="muted">{advice}</p>}
      <p className="actions">
        {retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
        <Link href="/">All traces</Link>
      </p>
    </div>
  );
}

export function Fact({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
  return (
    <div className="fact" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function IconButton(props: { icon: IconName; title: string; pressed?: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      className="icon-button"
      title={props.title}
      aria-label={props.title}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">Loading {what}</span>
      {Array.from({ length: 12 }, (_, i) => (
        <i key={i} style={{ width: `${88 - ((i * 37) % 50)}%` }} />
      ))}
    </div>
  );
}
