// Spans as OTLP/JSON, sent the way that any OpenTelemetry SDK sends them.

import { randomBytes } from "node:crypto";

export const traceId = () => randomBytes(16).toString("hex");
export const spanId = () => randomBytes(8).toString("hex");

const nanos = (ms) => String(BigInt(Math.round(ms * 1000)) * 1000n);
const value = (v) => {
  if (Array.isArray(v)) return { arrayValue: { values: v.map(value) } };
  return typeof v === "number" ? { intValue: String(v) } : { stringValue: v };
};
const attributes = (o) => Object.entries(o).map(([key, v]) => ({ key, value: value(v) }));

const kinds = { internal: 1, server: 2, client: 3 };

/** A span; at and lasts are milliseconds, at counts from now. */
export function span({ trace, id = spanId(), parent = "", name, service, at = 0, lasts = 100, ...more }) {
  const start = Date.now() + at;
  return {
    service,
    span: {
      traceId: trace,
      spanId: id,
      parentSpanId: parent,
      name,
      kind: kinds[more.kind ?? "internal"],
      startTimeUnixNano: nanos(start),
      endTimeUnixNano: nanos(start + lasts),
      attributes: attributes(more.attributes ?? {}),
      events: (more.events ?? []).map((e) => ({
        name: e.name,
        timeUnixNano: nanos(start),
        attributes: attributes(e.attributes),
      })),
      links: more.links ?? [],
      status: more.error ? { code: 2, message: more.error } : {},
    },
  };
}

/** Sends spans to a server; resolves when they are durable. */
export async function send(url, spans, key = "") {
  const services = [...new Set(spans.map((s) => s.service))];
  const body = {
    resourceSpans: services.map((name) => ({
      resource: { attributes: attributes({ "service.name": name }) },
      scopeSpans: [
        { scope: { name: "e2e" }, spans: spans.filter((s) => s.service === name).map((s) => s.span) },
      ],
    })),
  };
  const answer = await fetch(`${url}/v1/traces`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST /v1/traces: ${answer.status} ${await answer.text()}`);
}

/** A gateway, an agent with a model call, and a tool that failed: one whole trace. */
export function agentTrace({ session = "chat-42" } = {}) {
  const trace = traceId();
  const [gateway, plan, chat, tool] = [spanId(), spanId(), spanId(), spanId()];
  const who = { "session.id": session, "user.id": "ada" };
  const input = [
    { role: "system", content: "You plan trips." },
    { role: "user", content: "Two days in Lisbon?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Lisbon"}' } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: '{"rain":0.8}' },
  ];
  const spans = [
    span({
      trace,
      id: gateway,
      name: "POST /plan",
      service: "gateway",
      kind: "server",
      at: -5000,
      lasts: 3000,
      attributes: {
        ...who,
        "lmnr.span.input": '{"question":"Two days in Lisbon?"}',
        "lmnr.span.output": "a plan of two days",
      },
    }),
    span({
      trace,
      id: plan,
      parent: gateway,
      name: "plan",
      service: "planner",
      at: -4900,
      lasts: 2700,
      attributes: who,
    }),
    span({
      trace,
      id: chat,
      parent: plan,
      name: "chat gpt-4o-mini",
      service: "planner",
      kind: "client",
      at: -4800,
      lasts: 1200,
      attributes: {
        ...who,
        "lmnr.span.type": "LLM",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 1530,
        "gen_ai.usage.output_tokens": 212,
        "lmnr.span.input": JSON.stringify(input),
        "lmnr.span.output": JSON.stringify([
          { role: "assistant", content: "Tiles on <b>Saturday</b>, trams on Sunday." },
        ]),
      },
    }),
    span({
      trace,
      id: tool,
      parent: plan,
      name: "weather",
      service: "tools",
      at: -3500,
      lasts: 400,
      attributes: { ...who, "lmnr.span.type": "TOOL" },
      error: "upstream timed out",
      events: [
        {
          name: "exception",
          attributes: {
            "exception.type": "TimeoutError",
            "exception.message": "no answer",
            "exception.stacktrace": "at forecast.go:88",
          },
        },
      ],
      links: [{ traceId: trace, spanId: gateway }],
    }),
  ];
  return { trace, spans, ids: { gateway, plan, chat, tool } };
}

/** A trace in which the parent of a span, lost, was never received. */
export function brokenTrace() {
  const [trace, lost] = [traceId(), spanId()];
  return {
    trace,
    lost,
    spans: [
      span({ trace, name: "GET /broken", service: "gateway", at: -9000, lasts: 500 }),
      span({ trace, parent: lost, name: "work on job", service: "worker", at: -8800, lasts: 200 }),
    ],
  };
}
