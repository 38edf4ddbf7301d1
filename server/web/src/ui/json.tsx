// JSON as a tree of collapsible nodes. Only what is open is drawn.

import { type ReactNode, useState } from "react";
import { count } from "../model/format.ts";
import { Icon } from "./icons.tsx";

/** Items and characters that are shown at once; more on request. */
const chunk = 100;
const longText = 2_000;

/** A flat value whose text is no longer than this stays on one line. */
const shortLine = 60;

function isShort(value: object): boolean {
  const items: unknown[] = Object.values(value);
  return (
    items.length <= 12 &&
    items.every((v) => typeof v !== "object" || v === null) &&
    JSON.stringify(value).length <= shortLine
  );
}

/** openDepth is how many levels are open at first. */
export function Json({ value, openDepth = 3 }: { value: unknown; openDepth?: number }) {
  return (
    <div className="json">
      <Node value={value} depth={0} openDepth={openDepth} last />
    </div>
  );
}

interface NodeProps {
  name?: string;
  value: unknown;
  depth: number;
  openDepth: number;
  last: boolean;
}

function Node({ name, value, depth, openDepth, last }: NodeProps) {
  if (typeof value === "object" && value !== null) {
    if (isShort(value)) return <Short name={name} value={value} last={last} />;
    return <Branch name={name} value={value} depth={depth} openDepth={openDepth} last={last} />;
  }
  return (
    <div className="json-line">
      <Key name={name} />
      <Leaf value={value} />
      {!last && ","}
    </div>
  );
}

function Key({ name }: { name: string | undefined }) {
  if (name === undefined) return null;
  return (
    <>
      <span className="json-key">{JSON.stringify(name)}</span>
      {": "}
    </>
  );
}

function Branch({
  name,
  value,
  depth,
  openDepth,
  last,
}: Omit<NodeProps, "name" | "value"> & { name: string | undefined; value: object }) {
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = Object.entries(value);
  // Many small things are read at a glance, long lists are not.
  const [open, setOpen] = useState(depth < openDepth && (depth === 0 || entries.length <= chunk));
  const [shown, setShown] = useState(chunk);
  const [left, right] = isList ? ["[", "]"] : ["{", "}"];
  return (
    <>
      <div className="json-line">
        <button
          type="button"
          className="json-caret"
          aria-expanded={open}
          aria-label={open ? "Collapse" : "Expand"}
          onClick={() => setOpen(!open)}
        >
          <Icon name="caret" size={10} />
        </button>
        <Key name={name} />
        {left}
        {!open && (
          <button type="button" className="json-more" onClick={() => setOpen(true)}>
            {count(entries.length)}{" "}
            {isList ? (entries.length === 1 ? "item" : "items") : entries.length === 1 ? "key" : "keys"}
          </button>
        )}
        {!open && right}
        {!open && !last && ","}
      </div>
      {open && (
        <>
          <div className="json-children">
            {entries.slice(0, shown).map(([key, child], i) => (
              <Node
                key={key}
                {...(isList ? {} : { name: key })}
                value={child}
                depth={depth + 1}
                openDepth={openDepth}
                last={i === entries.length - 1}
              />
            ))}
            {entries.length > shown && (
              <button type="button" className="json-more" onClick={() => setShown(shown + 10 * chunk)}>
                {count(entries.length - shown)} more
              </button>
            )}
          </div>
          <div className="json-line">
            {right}
            {!last && ","}
          </div>
        </>
      )}
    </>
  );
}

/** A flat value on one line. */
function Short({ name, value, last }: { name: string | undefined; value: object; last: boolean }) {
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = Object.entries(value);
  const [left, right] = isList ? ["[", "]"] : entries.length > 0 ? ["{ ", " }"] : ["{", "}"];
  return (
    <div className="json-line">
      <Key name={name} />
      {left}
      {entries.map(([key, v], i) => (
        <span key={key}>
          {i > 0 && ", "}
          <Key name={isList ? undefined : key} />
          <Leaf value={v} />
        </span>
      ))}
      {right}
      {!last && ","}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  switch (typeof value) {
    case "string":
      return (
        <span className="json-string">
          "<LongText text={JSON.stringify(value).slice(1, -1)} />"
        </span>
      );
    case "number":
    case "bigint":
      return <span className="json-number">{String(value)}</span>;
    default:
      return <span className="json-word">{String(value)}</span>;
  }
}

/** Text of which the beginning is shown when it is very long. */
export function LongText({ text }: { text: string }): ReactNode {
  const [shown, setShown] = useState(longText);
  if (text.length <= shown) return text;
  return (
    <>
      {text.slice(0, shown)}
      <button type="button" className="json-more" onClick={() => setShown(shown + 50 * longText)}>
        … {count(text.length - shown)} more characters
      </button>
    </>
  );
}
