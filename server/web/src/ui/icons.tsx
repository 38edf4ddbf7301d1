// Icons, drawn here on a grid of 16: no font, no image, the colour of the text.

import type { ReactNode } from "react";

const shapes = {
  // Span types.
  span: <path d="M3 8h10M3 5v6M13 5v6" />,
  llm: <path d="M8 2.5l1.4 3.6 3.6 1.4-3.6 1.4L8 12.5 6.6 8.9 3 7.5l3.6-1.4zM12.5 11v3M11 12.5h3" />,
  tool: (
    <path
      d="M9.8 6.2a3 3 0 0 1 3.7-3.7l-1.9 1.9.3 1.7 1.7.3 1.9-1.9a3 3 0 0 1-3.7 3.7L6 14l-2-2z"
      transform="translate(-1.2 .2)"
    />
  ),
  agent: (
    <>
      <rect x="3" y="5.5" width="10" height="7.5" rx="2" />
      <path d="M8 3v2.5M6 9v.8M10 9v.8" />
    </>
  ),
  executor: <path d="M5 3.5v9l7-4.5z" />,
  pipeline: (
    <>
      <circle cx="3.8" cy="8" r="1.6" />
      <circle cx="12.2" cy="4" r="1.6" />
      <circle cx="12.2" cy="12" r="1.6" />
      <path d="M5.3 7.3l5.4-2.6M5.3 8.7l5.4 2.6" />
    </>
  ),
  evaluator: <path d="M3 8.5l3.2 3.2L13 4.5" />,
  human: (
    <>
      <circle cx="8" cy="5.3" r="2.5" />
      <path d="M3.3 13.5c.6-3 2.4-4.3 4.7-4.3s4.1 1.3 4.7 4.3" />
    </>
  ),
  cached: (
    <>
      <ellipse cx="8" cy="4.2" rx="4.5" ry="1.7" />
      <path d="M3.5 4.2v7.6c0 1 2 1.7 4.5 1.7s4.5-.7 4.5-1.7V4.2M3.5 8c0 1 2 1.7 4.5 1.7s4.5-.7 4.5-1.7" />
    </>
  ),
  embedding: <path d="M3 3v10h10M6 10.5v-2M8.5 10.5v-5M11 10.5v-3.5" />,
  retriever: (
    <>
      <circle cx="7" cy="7" r="3.8" />
      <path d="M9.8 9.8L13.5 13.5" />
    </>
  ),
  // Span kinds, for spans of no type of their own.
  server: <path d="M2.5 8h7M7 5.2L9.8 8 7 10.8M12.8 3v10" />,
  client: <path d="M3.2 3v10M6 8h7M10.2 5.2L13 8l-2.8 2.8" />,
  producer: <path d="M3 9.5v3.5h10V9.5M8 10V3M5.2 5.7L8 3l2.8 2.7" />,
  consumer: <path d="M3 9.5v3.5h10V9.5M8 3v7M5.2 7.3L8 10l2.8-2.7" />,
  // Everything else.
  missing: (
    <>
      <circle cx="8" cy="8" r="5.5" strokeDasharray="2.4 2" />
      <path d="M6.5 6.6c0-2 3-2 3 0 0 1.2-1.5 1.2-1.5 2.4M8 10.9v.2" />
    </>
  ),
  caret: <path d="M6 4l4 4-4 4" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="7.5" height="8" rx="1.5" />
      <path d="M10.5 3.5v-.2A.8.8 0 0 0 9.7 2.5H4.3a1 1 0 0 0-1 1v6.7c0 .4.3.8.8.8" />
    </>
  ),
  check: <path d="M3 8.5l3.2 3.2L13 4.5" />,
  close: <path d="M4 4l8 8M12 4l-8 8" />,
  search: (
    <>
      <circle cx="7" cy="7" r="3.8" />
      <path d="M9.8 9.8L13.5 13.5" />
    </>
  ),
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M5 3.5v9l7-4.5z" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1" />
    </>
  ),
  moon: <path d="M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z" />,
  system: (
    <>
      <rect x="2.5" y="3.5" width="11" height="7.5" rx="1.2" />
      <path d="M6 13.5h4" />
    </>
  ),
  warning: <path d="M8 2.7l5.8 10.3H2.2zM8 6.5v3M8 11.2v.1" />,
  broken: (
    <path d="M6.8 4.7l1-1a2.9 2.9 0 0 1 4.1 4.1l-1 1M9.2 11.3l-1 1a2.9 2.9 0 0 1-4.1-4.1l1-1M4.2 3l.7 1.5M2.8 4.7l1.4.5M11.8 13l-.7-1.5M13.2 11.3l-1.4-.5" />
  ),
  error: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 5v3.5M8 10.9v.1" />
    </>
  ),
  link: (
    <path d="M6.8 4.7l1-1a2.9 2.9 0 0 1 4.1 4.1l-1 1M9.2 11.3l-1 1a2.9 2.9 0 0 1-4.1-4.1l1-1M6.3 9.7l3.4-3.4" />
  ),
  help: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M6.5 6.6c0-2 3-2 3 0 0 1.2-1.5 1.2-1.5 2.4M8 10.9v.2" />
    </>
  ),
  collapse: <path d="M5 2.5l3 3 3-3M5 13.5l3-3 3 3M3 8h10" />,
  expand: <path d="M5 5.5l3-3 3 3M5 10.5l3 3 3-3M3 8h10" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 4.8V8l2.2 1.5" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

export function Icon({ name, title, size = 16 }: { name: IconName; title?: string; size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(title ? { role: "img", "aria-label": title } : { "aria-hidden": true })}
    >
      {shapes[name]}
    </svg>
  );
}

/** THE TABLE of span types: their icon and what they are called. Others look like DEFAULT. */
export const spanTypes: Record<string, { icon: IconName; label: string }> = {
  DEFAULT: { icon: "span", label: "Span" },
  LLM: { icon: "llm", label: "Model call" },
  TOOL: { icon: "tool", label: "Tool" },
  AGENT: { icon: "agent", label: "Agent" },
  EXECUTOR: { icon: "executor", label: "Executor" },
  PIPELINE: { icon: "pipeline", label: "Pipeline" },
  EVALUATOR: { icon: "evaluator", label: "Evaluator" },
  HUMAN_EVALUATOR: { icon: "human", label: "Human evaluator" },
  EVALUATION: { icon: "evaluator", label: "Evaluation" },
  CACHED: { icon: "cached", label: "Cached" },
  EMBEDDING: { icon: "embedding", label: "Embedding" },
  RETRIEVER: { icon: "retriever", label: "Retriever" },
};

/** What a span without a type of its own is, by its kind. */
const spanKinds: Record<string, { icon: IconName; label: string }> = {
  server: { icon: "server", label: "Server" },
  client: { icon: "client", label: "Client" },
  producer: { icon: "producer", label: "Producer" },
  consumer: { icon: "consumer", label: "Consumer" },
};

export function typeOf(type: string, kind: string): { icon: IconName; label: string } {
  if (type === "DEFAULT" || type === "") return spanKinds[kind] ?? spanTypes.DEFAULT!;
  return spanTypes[type] ?? { icon: "span", label: type };
}
