// The shapes of the API, as server/internal/api/openapi.yaml has them. Times are
// RFC 3339 with nanoseconds, durations integer nanoseconds; unknown tokens and
// costs are null, absent strings "".

export interface Page<T> {
  items: T[];
  next_cursor: string;
}

export interface Trace {
  trace_id: string;
  name: string;
  start_time: string;
  end_time: string;
  duration_ns: number;
  services: string[];
  span_count: number;
  error_count: number;
  root_count: number;
  orphan_count: number;
  session_id: string;
  user_id: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
}

/** What a span's row and bar need. */
export interface Outline {
  trace_id: string;
  span_id: string;
  parent_span_id: string;
  name: string;
  service: string;
  type: string;
  kind: string;
  status: "unset" | "ok" | "error";
  status_message: string;
  start_time: string;
  end_time: string;
  duration_ns: number;
  open: boolean;
  /** Empty for a span that has ended. */
  open_state: "" | "running" | "suspended" | "lost" | "unknown";
  /** 0 unless another span of the trace has the same id. */
  twin: number;
  remote_parent: boolean | null;
  session_id: string;
  user_id: string;
  tags: string[];
  provider: string;
  model: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  trace_state: string;
  scope: { name: string; version: string };
}

export interface Span extends Outline {
  input: string;
  output: string;
  metadata: Record<string, unknown>;
  attributes: Attribute[];
  events: SpanEvent[];
  links: Link[];
  scores: Score[];
  resource: Attribute[];
  view: View;
  /** Only when it was asked for. */
  explain?: Origin[];
}

/** The result of an evaluation of a span. */
export interface Score {
  name: string;
  value: number | null;
  label: string;
  explanation: string;
  source: string;
  time: string;
}

/** What is read from a span, whichever convention its sender speaks. Unknown numbers are null. */
export interface View {
  operation: string;
  request_model: string;
  response_id: string;
  environment: string;
  agent: string;
  tool_name: string;
  tool_call_id: string;
  /** What the model was given; empty when the input is no conversation. */
  messages: Message[];
  answer: Message[];
  tools: { name: string; description: string; parameters: unknown }[];
  parameters: Record<string, unknown>;
  finish_reasons: string[];
  time_to_first_token_ns: number | null;
  usage: Usage;
  cost: CostDetail;
  prompt: { name: string; version: string; id: string };
  error: { type: string; message: string; stack: string } | null;
}

export interface Message {
  role: string;
  name: string;
  finish_reason: string;
  parts: Part[];
}

export interface Part {
  type: "text" | "reasoning" | "tool_call" | "tool_result" | "media" | "other";
  text?: string;
  id?: string;
  name?: string;
  /** Arguments of a call, content of a result, all of what nobody knows. */
  value?: unknown;
  failed?: boolean;
  modality?: string;
  mime_type?: string;
  url?: string;
  /** How much data was sent in the place of a media part. */
  bytes?: number;
  /** What that data is found by, at the span; absent when none was sent. */
  hash?: string;
  /** Bytes of text or value that are left out; only in a transcript. */
  cut?: number;
}

/** Some turns of what was said in a trace. */
export interface Transcript {
  turns: Turn[];
  offset: number;
  /** How many turns the whole trace has. */
  count: number;
  sum: TranscriptSum;
}

export interface TranscriptSum {
  calls: number;
  tool_runs: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
}

export interface Turn {
  kind: "call" | "tool" | "agent";
  span: Outline;
  depth: number;
  /** Span id of the call that this one goes on from, "" when it begins a conversation. */
  follows: string;
  /** Of the turn, with what is in it. */
  sum: TranscriptSum;
  /** Those of the input that are new since `follows`. */
  messages: (Message & { at: number })[];
  /** Places of results that are new too, and stand in the tools of `follows`. */
  folded: number[];
  /** How many messages the input has. */
  given: number;
  answer: Message[];
  /** One for each tool_call in the answer, in their order, then those that no answer asked for. */
  tools: ToolUse[];
  agent: string;
  time_to_first_token_ns: number | null;
  error: { type: string; message: string; stack: string } | null;
}

export interface ToolUse {
  id: string;
  name: string;
  /** Null when they stand in the answer. */
  arguments: unknown;
  result: unknown;
  from: "" | "history" | "span";
  failed: boolean;
  span: Outline | null;
}

/** Input includes cached tokens, output includes reasoning. */
export interface Usage {
  input_tokens: number | null;
  output_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  cache_write_1h_tokens: number | null;
  reasoning_tokens: number | null;
  audio_input_tokens: number | null;
  audio_output_tokens: number | null;
  batch: boolean;
  service_tier: string;
  /** Why this usage is counted in other spans; "" when it is counted here. */
  not_counted: string;
}

export interface CostDetail {
  /** The key that gave the cost, or the price that it was computed with. */
  from: string;
  computed: number | null;
  computed_from: string;
  lines: { what: string; tokens: number; price_per_million: number; amount: number }[];
}

/** Where a field came from. */
export interface Origin {
  field: string;
  value: string;
  dialect: string;
  key: string;
  rule: string;
}

/** Integers are strings, bytes base64, an array is a list of values, a map a list of attributes. */
export interface Value {
  type: string;
  value: unknown;
}

export interface Attribute extends Value {
  key: string;
}

export interface SpanEvent {
  name: string;
  time: string;
  attributes: Attribute[];
}

export interface Link {
  trace_id: string;
  span_id: string;
  trace_state: string;
  attributes: Attribute[];
}

/** A place where the trace is not whole. */
export interface Break {
  kind: string;
  place: string;
  spans: string[];
  traces: string[];
  proof: string[];
  cause: string;
  fix: string;
}

/** A span that was never received: the parent of orphans, or an ancestor that their paths name. */
export interface Placeholder {
  span_id: string;
  /** Of a span or a placeholder, "" at the top. */
  parent_span_id: string;
  /** "" when unknown. */
  name: string;
}

export interface TraceAnswer {
  trace: Trace;
  spans: Outline[];
  placeholders: Placeholder[];
  breaks: Break[];
}

export interface Session {
  session_id: string;
  user_id: string;
  trace_count: number;
  span_count: number;
  error_count: number;
  start_time: string;
  end_time: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
}

export interface SessionAnswer {
  session: Session;
  traces: Trace[];
  next_cursor: string;
}

export interface Status {
  version: string;
  key_required: boolean;
  spans: number;
  traces: number;
}

export interface TextPosition {
  /** In bytes, from 0. */
  offset: number;
  line: number;
  /** In characters, from 1. */
  column: number;
}

export interface DecodedID {
  hex: string;
  uuid: string;
  decimal: string;
  b3: string;
  xray: string;
}

export interface DecodeProblem {
  reason: string;
  field: string;
  message: string;
  at: TextPosition | null;
}

export interface DecodedContext {
  format: string;
  valid: boolean;
  carrier: number;
  times: number;
  fields: { name: string; value: string; encodings: string[]; at: TextPosition }[];
  trace_id: DecodedID | null;
  span_id: DecodedID | null;
  flags: string[];
  trace_state: string;
  path: string[];
  ids_path: string[];
  session_id: string;
  user_id: string;
  metadata: Record<string, unknown>;
  baggage: { key: string; value: string }[];
  trace_type: string;
  tracing_level: string;
  problems: DecodeProblem[];
  effect: "continue" | "join" | "link" | "ignore" | "new_trace";
  explanation: string;
  stored: { trace: Trace | null; spans: Outline[]; sharing: string[]; link: string } | null;
}

export interface Decoded {
  contexts: DecodedContext[];
  more: boolean;
  disagreements: { kind: string; contexts: number[]; message: string }[];
  store: { asked: boolean; reason: string };
}

/** How the end of a query may go on: its last `replace` characters become the text of an item. */
export interface Completions {
  replace: number;
  items: { text: string; help: string }[];
}

/** What spans add up to, by group and by bucket of time. */
export interface Aggregate {
  width_ns: number;
  /** When each bucket begins. */
  buckets: string[];
  total: Measures;
  groups: Group[];
}

export interface Group {
  /** "" for spans that have none, and for others. */
  value: string;
  /** 0, or of how many values that are not named this is the group. */
  others: number;
  total: Measures;
  series: Series;
}

/** What some spans add up to; null is unknown. */
export interface Measures {
  span_count: number;
  error_count: number;
  call_count: number;
  unpriced_count: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  p50_ns: number | null;
  p95_ns: number | null;
  p99_ns: number | null;
}

/** Measures with a value for each bucket. */
export type Series = { [key in keyof Measures]: Measures[key][] };

/** The answer to a SELECT. A whole number beyond 2^53 is a string. */
export interface SQLResult {
  columns: string[];
  rows: (string | number | null)[][];
  truncated: "" | "rows" | "bytes";
  elapsed_ns: number;
}

/** A table that a SELECT may ask. */
export interface SQLTable {
  name: string;
  help: string;
  columns: { name: string; type: string; help: string }[];
}
