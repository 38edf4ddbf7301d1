// Traces of agents that talk, as SDKs send them: each call has all of the history.

import { span, spanId, traceId } from "./spans.mjs";

const tokens = (s) => Math.ceil(JSON.stringify(s).length / 4);

/** A model call that is given messages and gives an answer, as OpenTelemetry's conventions have it. */
function call({ trace, parent, at, lasts, model, messages, answer, service, ...attributes }) {
  return span({
    trace,
    parent,
    name: `chat ${model}`,
    service,
    kind: "client",
    at,
    lasts,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": model,
      "gen_ai.response.model": model,
      "gen_ai.response.time_to_first_chunk": "0.34",
      "gen_ai.usage.input_tokens": tokens(messages),
      "gen_ai.usage.output_tokens": tokens(answer),
      "gen_ai.input.messages": JSON.stringify(messages),
      "gen_ai.output.messages": JSON.stringify([{ ...answer, finish_reason: "stop" }]),
      ...attributes,
    },
  });
}

function tool({ trace, id = spanId(), parent, at, lasts, name, call: callId, args, result, error, service }) {
  return span({
    trace,
    id,
    parent,
    name: `execute_tool ${name}`,
    service,
    at,
    lasts,
    error,
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.call.id": callId,
      "gen_ai.tool.call.arguments": JSON.stringify(args),
      ...(result && { "gen_ai.tool.call.result": JSON.stringify(result) }),
    },
  });
}

function agent({ trace, id, parent, at, lasts, name, service }) {
  return span({
    trace,
    id,
    parent,
    name: `invoke_agent ${name}`,
    service,
    at,
    lasts,
    attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name },
  });
}

export const says = (role, content) => ({ role, parts: [{ type: "text", content }] });
const asks = (...calls) => ({
  role: "assistant",
  parts: calls.map(([id, name, args]) => ({ type: "tool_call", id, name, arguments: args })),
});
const returns = (id, response) => ({ role: "tool", parts: [{ type: "tool_call_response", id, response }] });

const plan = `Here is a plan for **two days in Lisbon**, dry shoes included.

## Saturday: tiles
1. *Museu Nacional do Azulejo*, open from 10 to 18
2. Lunch in [Alfama](https://example.com/alfama)
3. Evening: fado, if it rains

## Sunday: trams

| Tram | From | Minutes |
|------|------|--------:|
| 28 | Martim Moniz | 48 |
| 15E | Praça da Figueira | 35 |

Book both by one call:

\`\`\`python
for line in ("28", "15E"):
    book(line, people=2)  # free under <4 years>
\`\`\`

<script>alert("not run")</script> ![a map](https://example.com/map.png)`;

/** A planner with tools, one of which is an agent of its own, and one of which fails. */
export function trip() {
  const trace = traceId();
  const [root, planner, research, researcher] = [spanId(), spanId(), spanId(), spanId()];
  const service = "planner";
  const system = says(
    "system",
    "You plan trips. Be brief, prefer trams, and never guess the weather:\n- ask the tool\n- say how sure you are",
  );
  const image = {
    role: "user",
    parts: [
      { type: "text", content: "Two days in Lisbon, this is our hotel. What do we do?" },
      {
        type: "blob",
        modality: "image",
        mime_type: "image/png",
        content:
          "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGP4X8WDFTEMLQkA5aZMQSrBvnAAAAAASUVORK5CYII=",
      },
    ],
  };
  const first = [system, image];
  const asked = asks(
    ["call_w", "weather", { city: "Lisbon", days: 2 }],
    ["call_r", "research", { topic: "what to do in Lisbon when it rains" }],
  );
  asked.parts.unshift({
    type: "reasoning",
    content: "I need the weather first. Research may run at the same time.",
  });
  const told = [
    ...first,
    { ...asked, parts: asked.parts.slice(1) },
    returns("call_w", { saturday: { rain: 0.8 }, sunday: { rain: 0.1 } }),
    returns("call_r", "Azulejo museum, fado in Alfama; trams on the dry day."),
  ];
  const booking = asks(["call_b", "book", { trams: ["28", "15E"], people: 2 }]);
  const failed = [...told, booking, returns("call_b", "error: the desk is closed")];
  const spans = [
    span({
      trace,
      id: root,
      name: "POST /plan",
      service: "gateway",
      kind: "server",
      at: -9000,
      lasts: 8200,
    }),
    agent({ trace, id: planner, parent: root, at: -8900, lasts: 8000, name: "planner", service }),
    call({
      trace,
      parent: planner,
      at: -8800,
      lasts: 1200,
      model: "gpt-4o-mini",
      messages: first,
      answer: asked,
      service,
    }),
    tool({
      trace,
      parent: planner,
      at: -7500,
      lasts: 410,
      name: "weather",
      call: "call_w",
      args: { city: "Lisbon", days: 2 },
      result: { saturday: { rain: 0.8 }, sunday: { rain: 0.1 } },
      service: "tools",
    }),
    tool({
      trace,
      id: research,
      parent: planner,
      at: -7400,
      lasts: 3100,
      name: "research",
      call: "call_r",
      args: { topic: "what to do in Lisbon when it rains" },
      result: "Azulejo museum, fado in Alfama; trams on the dry day.",
      service,
    }),
    agent({
      trace,
      id: researcher,
      parent: research,
      at: -7300,
      lasts: 2900,
      name: "researcher",
      service: "research",
    }),
    call({
      trace,
      parent: researcher,
      at: -7200,
      lasts: 900,
      model: "gpt-4o",
      messages: [says("system", "You look things up."), says("user", "what to do in Lisbon when it rains")],
      answer: asks(["call_s", "search", { q: "Lisbon rain museum" }]),
      service: "research",
    }),
    tool({
      trace,
      parent: researcher,
      at: -6200,
      lasts: 300,
      name: "search",
      call: "call_s",
      args: { q: "Lisbon rain museum" },
      result: ["Museu Nacional do Azulejo", "Casa de Fado"],
      service: "research",
    }),
    call({
      trace,
      parent: researcher,
      at: -5800,
      lasts: 1100,
      model: "gpt-4o",
      messages: [
        says("system", "You look things up."),
        says("user", "what to do in Lisbon when it rains"),
        asks(["call_s", "search", { q: "Lisbon rain museum" }]),
        returns("call_s", ["Museu Nacional do Azulejo", "Casa de Fado"]),
      ],
      answer: says("assistant", "Azulejo museum, fado in Alfama; trams on the dry day."),
      service: "research",
    }),
    call({
      trace,
      parent: planner,
      at: -4200,
      lasts: 800,
      model: "gpt-4o-mini",
      messages: told,
      answer: booking,
      service,
    }),
    tool({
      trace,
      parent: planner,
      at: -3300,
      lasts: 2000,
      name: "book",
      call: "call_b",
      args: { trams: ["28", "15E"], people: 2 },
      error: "the desk is closed",
      service: "tools",
    }),
    call({
      trace,
      parent: planner,
      at: -1200,
      lasts: 1100,
      model: "gpt-4o-mini",
      messages: failed,
      answer: says("assistant", plan),
      service,
    }),
  ];
  return { trace, spans, ids: { root, planner, research, researcher, last: spans.at(-1).span.spanId } };
}

/** An agent that calls a model n times; each call has the whole history of those before it. */
export function longTalk(n) {
  const trace = traceId();
  const root = spanId();
  const spans = [
    agent({ trace, id: root, parent: "", at: -n * 20, lasts: n * 20, name: "talker", service: "talk" }),
  ];
  let history = [says("system", "Talk.")];
  for (let i = 0; i < n; i++) {
    // A window of a hundred messages, as contexts have.
    history = [...history.slice(0, 1), ...history.slice(1).slice(-100), says("user", `question ${i}`)];
    const answer = says("assistant", `answer ${i}`);
    spans.push(
      call({
        trace,
        parent: root,
        at: -n * 20 + i * 20,
        lasts: 10,
        model: "gpt-4o-mini",
        messages: history,
        answer,
        service: "talk",
      }),
    );
    history = [...history, answer];
  }
  return { trace, spans };
}
