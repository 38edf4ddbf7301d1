// Attributes exactly as received, metadata, resource and scope.

import { useState } from "react";
import type { Attribute, Span } from "../../api/types.ts";
import { plainValue, valueText } from "../../model/attributes.ts";
import { parseJson } from "../../model/json.ts";
import { Icon } from "../../ui/icons.tsx";
import { Json, LongText } from "../../ui/json.tsx";
import { Copy } from "../../ui/parts.tsx";
import { Marked } from "../row.tsx";

export function Attributes({ span }: { span: Span }) {
  const [query, setQuery] = useState("");
  const metadata = Object.entries(span.metadata).map(([key, value]) => ({ key, type: "metadata", value }));
  const scope = [
    { key: "name", type: "string", value: span.scope.name },
    { key: "version", type: "string", value: span.scope.version },
  ].filter((a) => a.value);
  return (
    <>
      <label className="search">
        <Icon name="search" size={14} />
        <input
          type="search"
          placeholder="Filter keys and values"
          aria-label="Filter the attributes"
          value={query}
          onChange={(e) => setQuery(e.target.value)}
        />
      </label>
      <Group title="Attributes" attributes={span.attributes} query={query} />
      {metadata.length > 0 && <Group title="Metadata" attributes={metadata} query={query} />}
      <Group title="Resource" attributes={span.resource} query={query} />
      {scope.length > 0 && <Group title="Scope" attributes={scope} query={query} />}
    </>
  );
}

function Group({ title, attributes, query }: { title: string; attributes: Attribute[]; query: string }) {
  const wanted = query.trim().toLowerCase();
  const shown = attributes.filter(
    (a) => !wanted || a.key.toLowerCase().includes(wanted) || valueText(a).toLowerCase().includes(wanted),
  );
  if (wanted && shown.length === 0) return null;
  return (
    <section className="attributes" aria-label={title}>
      <h3>{title}</h3>
      {shown.length === 0 && <p className="muted">None</p>}
      <AttributeTable attributes={shown} query={query} />
    </section>
  );
}

export function AttributeTable({ attributes, query = "" }: { attributes: Attribute[]; query?: string }) {
  return (
    <dl className="attribute-table">
      {attributes.map((a, i) => (
        <div key={`${i} ${a.key}`}>
          <dt title={`${a.key} (${a.type})`}>
            <Marked text={a.key} query={query} />
          </dt>
          <dd>
            <AttributeValue attribute={a} query={query} />
            <Copy text={valueText(a)} title={`Copy ${a.key}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function AttributeValue({ attribute, query }: { attribute: Attribute; query: string }) {
  const plain = plainValue(attribute);
  const json = typeof plain === "string" ? parseJson(plain) : typeof plain === "object" ? plain : undefined;
  if (json) return <Json value={json} openDepth={JSON.stringify(json).length < 240 ? 2 : 0} />;
  const text = String(plain);
  return (
    <span className={`value ${attribute.type}`}>
      {query && text.length < 2_000 ? <Marked text={text} query={query} /> : <LongText text={text} />}
    </span>
  );
}
