// Messages that were told before: a line, and on request themselves.

import { useMemo, useState } from "react";
import { useSpan } from "../../api/queries.ts";
import type { Outline } from "../../api/types.ts";
import { MessageView } from "../../chat/message.tsx";
import { callNames } from "../../model/conversation.ts";
import { plural } from "../../model/format.ts";

export function Earlier({ span, from, to }: { span: Outline; from: number; to: number }) {
  const [open, setOpen] = useState(false);
  const body = useSpan(span.trace_id, open ? span.span_id : "", span.twin, `${span.end_time} ${span.status}`);
  const messages = open ? body.data?.view.messages : undefined;
  const calls = useMemo(() => callNames(messages ?? []), [messages]);
  return (
    <>
      <li className="earlier">
        <button type="button" className="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {plural(to - from, "earlier message")}
          {open && body.isLoading && " …"}
        </button>
        {body.isError && <span className="bad"> could not be loaded</span>}
      </li>
      {messages?.slice(from, to).map((m, i) => (
        <MessageView key={from + i} message={m} calls={calls} earlier />
      ))}
    </>
  );
}
