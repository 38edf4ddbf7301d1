// THE TABLE of views: what each path shows. A view is one component and one
// line here; docs/adding/view.md tells how.

import type { ComponentType } from "react";
import { Charts } from "./charts/charts.tsx";
import { DecodeView } from "./decode/decode.tsx";
import { SessionView } from "./sessions/session.tsx";
import { SessionList } from "./sessions/sessions.tsx";
import { SpanList } from "./spans/spans.tsx";
import { SQLView } from "./sql/sql.tsx";
import { TraceView } from "./trace/trace.tsx";
import { TraceList } from "./traces/traces.tsx";

export interface View {
  /** wouter's pattern; its parameters are the component's params. */
  path: string;
  component: ComponentType<{ params: { id: string } }>;
  /** The entry in the header; without it the view is reached by links. */
  nav?: string;
  /** Paths that begin so light up the entry. */
  section: string;
}

export const views: View[] = [
  { path: "/", component: TraceList, nav: "Traces", section: "/traces" },
  { path: "/traces/:id", component: TraceView, section: "/traces" },
  { path: "/spans", component: SpanList, nav: "Spans", section: "/spans" },
  { path: "/sessions", component: SessionList, nav: "Sessions", section: "/sessions" },
  { path: "/sessions/:id", component: SessionView, section: "/sessions" },
  { path: "/charts", component: Charts, nav: "Charts", section: "/charts" },
  { path: "/sql", component: SQLView, nav: "SQL", section: "/sql" },
  { path: "/decode", component: DecodeView, nav: "Decode", section: "/decode" },
];
