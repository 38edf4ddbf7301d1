// What the lists of traces, spans and sessions have in common: a table of rows
// that are links, and more of them on demand.

import type { InfiniteData } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { useLocation } from "wouter";
import type { Page } from "../api/types.ts";
import { isMistake } from "../search/querybox.tsx";
import { Loading, Problem } from "../ui/parts.tsx";
import { More, type Pages } from "./more.tsx";

/** A query of pages of rows. */
interface Query<T> extends Pages {
  data: InfiniteData<Page<T>> | undefined;
  error: Error | null;
  isError: boolean;
  isPending: boolean;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

/** The rows of a query. One that is still being typed is no reason to take them away. */
export function useRows<T>(query: Query<T>): T[] {
  const good = useRef(query.data);
  if (query.data) good.current = query.data;
  const data = isMistake(query.error) ? good.current : query.data;
  return data?.pages.flatMap((page) => page.items) ?? [];
}

interface Props<T> {
  query: Query<T>;
  rows: T[];
  /** What the rows are, as a word. */
  what: string;
  className: string;
  /** The cells of the table's head. */
  head: ReactNode;
  /** What there is to say where there is no row. */
  none: ReactNode;
  row: (item: T) => ReactNode;
}

export function List<T>({ query, rows, what, className, head, none, row }: Props<T>) {
  const mistake = isMistake(query.error);
  if (rows.length === 0) {
    if (mistake) return null;
    if (query.isError)
      return <Problem error={query.error} what="The list" retry={() => void query.refetch()} />;
    return query.isPending ? <Loading what={what} /> : none;
  }
  return (
    <div className={query.isPlaceholderData || mistake ? "table-wrap stale" : "table-wrap"}>
      <table className={className}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{rows.map(row)}</tbody>
      </table>
      {!mistake && <More count={rows.length} pages={query} />}
    </div>
  );
}

/** A row that is a link as a whole. */
export function LinkRow({
  href,
  className,
  children,
}: {
  href: string;
  className?: string | undefined;
  children: ReactNode;
}) {
  const [, navigate] = useLocation();
  return (
    <tr
      className={className}
      onClick={(e) => {
        // The links inside do their own work; a selection of text is no click.
        if ((e.target as Element).closest("a, button") || getSelection()?.toString()) return;
        if (e.metaKey || e.ctrlKey) window.open(href, "_blank", "noopener");
        else navigate(href);
      }}
    >
      {children}
    </tr>
  );
}
