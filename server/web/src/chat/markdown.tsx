// Markdown as elements. HTML in it is text, pictures are their address, and links
// lead away only when they are clicked: nothing is loaded from elsewhere.

import type { MarkedToken, Tokens } from "marked";
import { Fragment, type ReactNode, useMemo, useState } from "react";
import { beginning, blocksOf, deepest, safeHref } from "../model/markdown.ts";
import { count } from "../model/format.ts";
import { LongText } from "../ui/json.tsx";
import { Copy } from "../ui/parts.tsx";

/** Characters that are shown at once; more on request. */
const shownAtFirst = 2_400;

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  const [all, setAll] = useState(false);
  if (!blocks) {
    return (
      <p className="message-text">
        <LongText text={text} />
      </p>
    );
  }
  const [shown, left] = all ? [blocks, 0] : beginning(blocks, shownAtFirst);
  return (
    <div className="markdown">
      <Tokens tokens={shown} depth={0} />
      {left > 0 && (
        <button type="button" className="json-more" onClick={() => setAll(true)}>
          … {count(left)} more characters
        </button>
      )}
    </div>
  );
}

function Tokens({ tokens, depth }: { tokens: MarkedToken[]; depth: number }) {
  return tokens.map((t, i) => <Fragment key={i}>{element(t, depth)}</Fragment>);
}

const inner = (t: { tokens?: unknown; raw: string }, depth: number) =>
  depth < deepest && t.tokens ? <Tokens tokens={t.tokens as MarkedToken[]} depth={depth + 1} /> : t.raw;

function element(t: MarkedToken, depth: number): ReactNode {
  switch (t.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return <p className={`heading level-${t.depth}`}>{inner(t, depth)}</p>;
    case "paragraph":
      return <p>{inner(t, depth)}</p>;
    case "text":
      return t.tokens ? inner(t, depth) : t.text;
    case "escape":
      return t.text;
    case "html":
      return t.block ? <p className="raw-html">{t.raw}</p> : t.raw;
    case "strong":
      return <strong>{inner(t, depth)}</strong>;
    case "em":
      return <em>{inner(t, depth)}</em>;
    case "del":
      return <del>{inner(t, depth)}</del>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "codespan":
      return <code>{t.text}</code>;
    case "code":
      return <CodeBlock text={t.text} language={t.lang ?? ""} />;
    case "blockquote":
      return <blockquote>{inner(t, depth)}</blockquote>;
    case "list":
      return <List list={t} depth={depth} />;
    case "table":
      return <Table table={t} depth={depth} />;
    case "checkbox":
      return t.checked ? "☑ " : "☐ ";
    case "link":
      return <Outward href={t.href}>{inner(t, depth)}</Outward>;
    case "image":
      return <Outward href={t.href}>{`🖼 ${t.text || t.href}`}</Outward>;
    default:
      return t.raw;
  }
}

/** A link of a stranger's: it tells where it leads, and the page there learns nothing of this one. */
function Outward({ href, children }: { href: string; children: ReactNode }) {
  const to = safeHref(href);
  if (!to) return <span title={href}>{children}</span>;
  return (
    <a href={to} title={to} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

export function CodeBlock({ text, language }: { text: string; language: string }) {
  return (
    <div className="code">
      {language && <span className="language">{language}</span>}
      <pre>
        <LongText text={text} />
      </pre>
      <Copy text={text} title="Copy the code" />
    </div>
  );
}

function List({ list, depth }: { list: Tokens.List; depth: number }) {
  const items = list.items.map((item, i) => (
    <li key={i} className={item.task ? "task" : undefined}>
      {inner(item, depth)}
    </li>
  ));
  return list.ordered ? <ol start={list.start || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table, depth }: { table: Tokens.Table; depth: number }) {
  const align = (c: Tokens.TableCell) => (c.align ? `align-${c.align}` : undefined);
  const cell = (c: Tokens.TableCell) => <Tokens tokens={c.tokens as MarkedToken[]} depth={depth + 1} />;
  return (
    <div className="table-scroll">
      <table>
        <thead>
          <tr>
            {table.header.map((c, i) => (
              <th key={i} scope="col" className={align(c)}>
                {cell(c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, r) => (
            <tr key={r}>
              {row.map((c, i) => (
                <td key={i} className={align(c)}>
                  {cell(c)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
