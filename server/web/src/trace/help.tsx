// The keys, in a dialog.

import { useEffect, useRef } from "react";
import { IconButton } from "../ui/parts.tsx";
import { bindings } from "./keys.ts";

const names: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageDown: "Page ↓",
  PageUp: "Page ↑",
  Escape: "Esc",
};

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="help"
      aria-label="Keys"
      onClose={onClose}
      onClick={(e) => {
        if (e.target === e.currentTarget) onClose();
      }}
      onKeyDown={(e) => {
        if (e.key === "?") onClose();
      }}
    >
      <header>
        <h2>Keys</h2>
        <IconButton icon="close" title="Close" onClick={onClose} />
      </header>
      <dl>
        {bindings.map((b) => (
          <div key={b.action}>
            <dt>
              {b.keys.map((key) => (
                <kbd key={key}>{names[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{b.does}</dd>
          </div>
        ))}
        <div>
          <dt>drag on the axis</dt>
          <dd>Zoom into that time</dd>
        </div>
      </dl>
    </dialog>
  );
}
