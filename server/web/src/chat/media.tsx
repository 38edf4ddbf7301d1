// A picture, a sound or a file: what is known of it. What was sent with the message
// is stored, and shown when somebody asks; an address is only told, never asked.

import { createContext, useContext, useState } from "react";
import { path } from "../api/client.ts";
import type { Part } from "../api/types.ts";
import { mediaText } from "../model/conversation.ts";

/** Whose messages these are: media are found at their span. */
export const MediaOf = createContext<{ trace_id: string; span_id: string } | undefined>(undefined);

/** What the server lets a page draw. */
const drawn = /^(image\/)?(png|jpe?g|gif|webp|bmp)$/i;

export function Media({ part: p }: { part: Part }) {
  const span = useContext(MediaOf);
  const [shown, setShown] = useState(false);
  const [failed, setFailed] = useState(false);
  const url =
    span && p.hash ? `/api/v1${path`/traces/${span.trace_id}/spans/${span.span_id}/media/${p.hash}`}` : "";
  const label = p.modality || "file";
  return (
    <div className="media">
      <span className="badge plain">{label}</span>
      <span className="muted" title={p.hash && `SHA-256 ${p.hash}`}>
        {mediaText(p)}
      </span>
      {url && drawn.test(p.mime_type ?? "") ? (
        <button type="button" className="as-link" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? "Hide" : "Show"}
        </button>
      ) : (
        url && (
          <a href={url} download>
            Save
          </a>
        )
      )}
      {shown &&
        (failed ? (
          <span className="bad">It is no picture that can be drawn.</span>
        ) : (
          <img src={url} alt={label} onError={() => setFailed(true)} />
        ))}
    </div>
  );
}
