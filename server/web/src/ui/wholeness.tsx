// Whether a trace is one whole tree.

import type { Trace } from "../api/types.ts";
import { plural } from "../model/format.ts";
import { Icon } from "./icons.tsx";

/** A badge when the trace is not one whole tree. */
export function Wholeness({ trace: t }: { trace: Trace }) {
  if (t.orphan_count === 0 && t.root_count <= 1) return null;
  const what = [
    t.orphan_count > 0 && `${plural(t.orphan_count, "span")} whose parent was never received`,
    t.root_count > 1 && `${t.root_count} roots`,
  ].filter(Boolean);
  return (
    <span className="badge broken" title={`Not whole: ${what.join(", ")}`}>
      <Icon name="broken" size={12} />
      {t.orphan_count > 0 ? plural(t.orphan_count, "orphan") : `${t.root_count} roots`}
    </span>
  );
}
