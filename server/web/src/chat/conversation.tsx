// A list of messages, of which those that are no news are folded.

import { useState } from "react";
import type { Message } from "../api/types.ts";
import { runs } from "../model/conversation.ts";
import { plural } from "../model/format.ts";
import { MessageView } from "./message.tsx";

/** A longer conversation shows its first message and its last ones at first. */
const shownLast = 12;

interface Props {
  messages: Message[];
  /** Names of tools by the id of the call. */
  calls: Map<string, string>;
  /** Places of the messages that are new since the call before; all when nobody knows. */
  fresh?: number[] | undefined;
}

export function Conversation({ messages, calls, fresh }: Props) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const last = messages.length - shownLast;
  const shown = fresh ?? messages.map((_, i) => i).filter((i) => i === 0 || i >= last || last <= 2);
  return (
    <ol className="conversation">
      {runs(messages.length, shown).flatMap((run) =>
        run.shown || opened.has(run.from)
          ? messages
              .slice(run.from, run.to)
              .map((m, i) => (
                <MessageView key={run.from + i} message={m} calls={calls} earlier={!run.shown} />
              ))
          : [
              <li key={`to ${run.to}`} className="earlier">
                <button
                  type="button"
                  className="quiet"
                  onClick={() => setOpened(new Set(opened).add(run.from))}
                >
                  {plural(run.to - run.from, "earlier message")}
                </button>
              </li>,
            ],
      )}
    </ol>
  );
}
