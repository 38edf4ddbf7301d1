// The end of a list.

import { useEffect, useRef } from "react";
import { plural } from "../model/format.ts";

/** What is known of the pages that are to come, as a query of pages has it. */
export interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

/** Loads more when it comes near the window, and on request. */
export function More({ count, pages }: { count: number; pages: Pages }) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || isFetchNextPageError || !end.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) fetchNextPage();
      },
      { rootMargin: "600px" },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  return (
    <div className="list-end" ref={end}>
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {isFetchingNextPage ? "Loading…" : isFetchNextPageError ? "Loading failed; try again" : "Load more"}
        </button>
      ) : (
        <span className="muted">{plural(count, "row")}, all there are</span>
      )}
    </div>
  );
}
