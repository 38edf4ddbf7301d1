// The filters above a list of traces or spans. Their values live in the URL; what is typed goes
// there when it stands still.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";
import { useValues } from "../api/queries.ts";
import { type Field, type Filters, fields, isFiltered, ranges } from "../model/filters.ts";
import { QueryBox } from "../search/querybox.tsx";
import { Icon, spanTypes } from "../ui/icons.tsx";
import { useSettled } from "../ui/hooks.ts";
import { Suggestions } from "../ui/suggestions.tsx";

const labels: Record<Field, string> = {
  service: "Service",
  name: "Span name",
  type: "Type",
  status: "Status",
  session: "Session",
  user: "User",
};

interface Props {
  filters: Filters;
  onChange: (next: Partial<Filters>) => void;
  /** What the last answer was, when it was an error. */
  error?: Error | null;
  children?: ReactNode;
}

export function FilterBar({ filters, onChange, error, children }: Props) {
  const types = useValues("type", "", true).data?.items;
  // Fields with few values are menus.
  const menus: Partial<Record<Field, string[]>> = {
    type: types?.length ? types : Object.keys(spanTypes),
    status: ["ok", "error", "unset"],
  };
  const empty = Object.fromEntries(Object.keys(filters).map((key) => [key, ""])) as Filters;
  return (
    <div className="filters" role="search" aria-label="Filter the list">
      <QueryBox value={filters.q} onChange={(q) => onChange({ q })} error={error} />
      {fields.map((field) =>
        menus[field] ? (
          <select
            key={field}
            aria-label={labels[field]}
            className={filters[field] ? "set" : undefined}
            value={filters[field]}
            onChange={(e) => onChange({ [field]: e.target.value })}
          >
            <option value="">{labels[field]}</option>
            {[...new Set([...menus[field], filters[field]])].filter(Boolean).map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        ) : (
          <ValueField
            key={field}
            field={field}
            value={filters[field]}
            onChange={(value) => onChange({ [field]: value })}
          />
        ),
      )}
      <TimeRange filters={filters} onChange={onChange} />
      {isFiltered(filters) && (
        <button type="button" className="quiet" onClick={() => onChange(empty)}>
          Clear
        </button>
      )}
      <span className="grow" />
      {children}
    </div>
  );
}

/** A combobox: exact values, suggested by the server from what it has. */
function ValueField({
  field,
  value,
  onChange,
}: {
  field: Field;
  value: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const [text, setText] = useState(value);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  useEffect(() => setText(value), [value]);
  const prefix = useSettled(text === value ? "" : text, 150);
  const values = useValues(field, prefix, open).data?.items ?? [];

  const choose = (next: string) => {
    setText(next);
    setOpen(false);
    setActive(-1);
    if (next !== value) onChange(next);
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setOpen(true);
      const step = e.key === "ArrowDown" ? 1 : -1;
      setActive((a) => Math.max(-1, Math.min(values.length - 1, a + step)));
    } else if (e.key === "Enter") {
      choose(values[active] ?? text.trim());
    } else if (e.key === "Escape") {
      setText(value);
      setOpen(false);
    }
  };
  return (
    <span className={value ? "value-field set" : "value-field"}>
      <input
        role="combobox"
        aria-label={labels[field]}
        aria-expanded={open && values.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        placeholder={labels[field]}
        value={text}
        spellCheck={false}
        onChange={(e) => {
          setText(e.target.value);
          setActive(-1);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => choose(text.trim())}
        onKeyDown={onKeyDown}
      />
      {value && (
        <button type="button" aria-label={`Clear ${labels[field]}`} onClick={() => choose("")}>
          <Icon name="close" size={12} />
        </button>
      )}
      {open && values.length > 0 && (
        <Suggestions
          id={id}
          label={labels[field]}
          items={values.map((text) => ({ text, help: "" }))}
          active={active}
          onChoose={choose}
        />
      )}
    </span>
  );
}

function TimeRange({ filters, onChange }: Props) {
  const custom = filters.from !== "" || filters.to !== "";
  const [editing, setEditing] = useState(false);
  const shown = custom || editing;
  return (
    <>
      <select
        aria-label="Time"
        className={filters.range || custom ? "set" : undefined}
        value={shown ? "custom" : filters.range}
        onChange={(e) => {
          const range = e.target.value;
          setEditing(range === "custom");
          if (range !== "custom") onChange({ range, from: "", to: "" });
          else onChange({ range: "" });
        }}
      >
        <option value="">Any time</option>
        {ranges.map((r) => (
          <option key={r.id} value={r.id}>
            {r.label}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </select>
      {shown && (
        <>
          <Moment label="From" value={filters.from} onChange={(from) => onChange({ from })} />
          <Moment label="To" value={filters.to} onChange={(to) => onChange({ to })} />
        </>
      )}
    </>
  );
}

/** A moment in this browser's zone; in the URL it is UTC. */
export function Moment({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const date = new Date(value);
  const local = Number.isNaN(date.getTime())
    ? ""
    : new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return (
    <input
      type="datetime-local"
      aria-label={label}
      title={label}
      value={local}
      onChange={(e) => {
        const chosen = new Date(e.target.value);
        onChange(Number.isNaN(chosen.getTime()) ? "" : chosen.toISOString());
      }}
    />
  );
}
