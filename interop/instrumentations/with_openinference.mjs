// Asks a model as openai's users do, recorded by OpenInference's instrumentation
// for JavaScript, and answers with the trace of each kind of call. Input: endpoint,
// model (URL of a provider).
import { writeFileSync } from 'node:fs';

import { setMetadata, setSession, setTags, setUser } from '@arizeai/openinference-core';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import OpenAI from 'openai';

const given = JSON.parse(process.argv[2]);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'openinference' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${given.endpoint}/v1/traces` }))],
});
trace.setGlobalTracerProvider(provider);
const tracer = provider.getTracer('app');
const instrumentation = new OpenAIInstrumentation({ tracerProvider: provider });
instrumentation.manuallyInstrument(OpenAI);

const client = new OpenAI({ apiKey: 'any-key', baseURL: `${given.model}/v1`, maxRetries: 0 });
const question = 'How deep is the labyrinth?';
const parameters = { type: 'object', properties: { of: { type: 'string' } } };
const chatTools = [{ type: 'function', function: { name: 'measure', description: 'Measures.', parameters } }];
const respondTools = [{ type: 'function', name: 'measure', description: 'Measures.', parameters }];
const chat = (options) => client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: question }], ...options });
const respond = (options) => client.responses.create({ model: 'gpt-4o', input: question, ...options });
const drain = async (stream) => {
  for await (const _ of await stream);
};
const streamed = { stream: true, stream_options: { include_usage: true } };

const answer = {};
for (const [name, ask] of Object.entries({
  'answer': () => chat(),
  'stream': () => drain(chat(streamed)),
  'tool call': () => chat({ tools: chatTools }),
  'streamed tool call': () => drain(chat({ ...streamed, tools: chatTools })),
  'answer, Responses': () => respond(),
  'stream, Responses': () => drain(respond({ stream: true })),
  'tool call, Responses': () => respond({ tools: respondTools }),
  'streamed tool call, Responses': () => drain(respond({ stream: true, tools: respondTools })),
  'refusal': () => chat({ model: 'closed' }).catch(() => {}),
})) {
  let on = setSession(context.active(), { sessionId: 'chat-7' });
  on = setUser(on, { userId: 'ann' });
  on = setMetadata(on, { plan: 'pro' });
  on = setTags(on, ['a', 'b']);
  await context.with(on, () => tracer.startActiveSpan(name, async (span) => {
    await ask();
    span.end();
    answer[name] = { trace: span.spanContext().traceId };
  }));
}
// The instrumentation reads a second branch of the stream, which may end a little later.
await new Promise((resolve) => setImmediate(resolve));
await provider.shutdown();
writeFileSync(process.env.CLEW_RESULT, JSON.stringify(answer));
