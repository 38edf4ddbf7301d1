// Clew's UI begins here. Where things are:
//
//   main.tsx     this: starts the application
//   views.tsx    THE TABLE of views (path → component)
//   app.tsx      the frame: header, live badge, colours; key.tsx asks for the key
//   api/         the API's types, one function to ask it, what the views ask for
//   live/        the browser's one stream of changes, shared by its tabs
//   model/       pure functions, tested beside them: tree, time scale, messages, filters, formats
//   list/        what lists of traces, spans and sessions have in common
//   search/      the box for queries
//   traces/      the list of traces
//   trace/       the trace view: header, breaks, rows (tree and timeline), transcript, detail panel
//   chat/        messages: roles, markdown, tools with their results
//   sessions/    the list of sessions and one session
//   charts/      what spans add up to
//   spans/       the list of spans
//   sql/         queries in SQL and their rows
//   decode/      what a pasted span context carries
//   ui/          small parts, icons, JSON
//   styles/      tokens.css has every colour and size, the rest one file a view or part
//
// Rules: what a view shows is in its URL; what the server said lives in the query
// cache, nowhere else; text of spans is only ever a text node; everything is
// reachable by keyboard.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries.ts";
import { App } from "./app.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/parts.css";
import "./styles/key.css";
import "./styles/filters.css";
import "./styles/traces.css";
import "./styles/empty.css";
import "./styles/trace.css";
import "./styles/breaks.css";
import "./styles/rows.css";
import "./styles/axis.css";
import "./styles/transcript.css";
import "./styles/detail.css";
import "./styles/attributes.css";
import "./styles/usage.css";
import "./styles/json.css";
import "./styles/chat.css";
import "./styles/markdown.css";
import "./styles/tooluse.css";
import "./styles/sessions.css";
import "./styles/decode.css";
import "./styles/charts.css";
import "./styles/spans.css";
import "./styles/sql.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
