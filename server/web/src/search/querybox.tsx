// The box for the query language: completed by the server, which also tells where a mistake is.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../api/client.ts";
import { useCompletions } from "../api/queries.ts";
import { useSettled } from "../ui/hooks.ts";
import { Icon } from "../ui/icons.tsx";
import { Suggestions } from "../ui/suggestions.tsx";
import { complete } from "./complete.ts";

/** Whether an error is a mistake in the query: then the box tells it. */
export function isMistake(error: unknown): error is ApiError {
  return error instanceof ApiError && error.field === "q";
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  error: Error | null | undefined;
}

export function QueryBox({ value, onChange, error }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useDraft(value, onChange, 300);
  const [cursor, setCursor] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const before = useSettled(text.slice(0, cursor), 80);
  const completions = useCompletions(before, open).data;
  const items = before === text.slice(0, cursor) ? (completions?.items ?? []) : [];
  const shown = open && items.length > 0;
  useSlash(input);

  const edit = (next: string, at: number) => {
    setText(next);
    setCursor(at);
    setActive(-1);
  };
  const choose = (item: string) => {
    const next = complete(text, cursor, completions?.replace ?? 0, item);
    edit(next.text, next.cursor);
    // After React has put the new text there.
    requestAnimationFrame(() => input.current?.setSelectionRange(next.cursor, next.cursor));
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (shown && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      const step = e.key === "ArrowDown" ? 1 : -1;
      setActive((a) => Math.max(-1, Math.min(items.length - 1, a + step)));
    } else if (shown && (e.key === "Enter" || e.key === "Tab") && !e.shiftKey) {
      const item = items[e.key === "Tab" ? Math.max(active, 0) : active];
      if (!item) return setOpen(false);
      e.preventDefault();
      choose(item.text);
    } else if (e.key === "Escape" && shown) {
      e.preventDefault();
      setOpen(false);
    }
  };
  const mistake = isMistake(error) && text === value ? error.message.replace(/^q, /, "") : "";
  return (
    <span className={text ? "query search set" : "query search"}>
      <Icon name="search" size={14} />
      <input
        ref={input}
        role="combobox"
        aria-label="Query"
        aria-expanded={shown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={mistake !== ""}
        placeholder='Search: words, "a phrase", service:planner, duration>2s …'
        title="Focus with /"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(e) => {
          edit(e.target.value, e.target.selectionStart ?? e.target.value.length);
          setOpen(true);
        }}
        onSelect={(e) => setCursor(e.currentTarget.selectionStart ?? 0)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {text && (
        <button type="button" aria-label="Clear the query" onClick={() => edit("", 0)}>
          <Icon name="close" size={12} />
        </button>
      )}
      {shown ? (
        <Suggestions id={id} label="Query" items={items} active={active} onChoose={choose} />
      ) : (
        mistake && (
          <p className="mistake" role="alert">
            {mistake}
          </p>
        )
      )}
    </span>
  );
}

/** "/" focuses the box from anywhere that isn't typed in. */
function useSlash(input: { current: HTMLInputElement | null }): void {
  useEffect(() => {
    const focus = (e: globalThis.KeyboardEvent) => {
      const typing = (e.target as Element).closest("input, textarea, select");
      if (e.key !== "/" || e.ctrlKey || e.metaKey || typing) return;
      e.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, [input]);
}

/** A text that is edited here and handed on when it stands still for ms; a change from outside replaces it. */
function useDraft(
  value: string,
  onChange: (value: string) => void,
  ms: number,
): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const settled = useSettled(text, ms);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (settled === sent.current || settled !== text) return;
    sent.current = settled;
    onChange(settled);
  }, [settled, text, onChange]);
  return [text, setText];
}
