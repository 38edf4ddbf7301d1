// Asks a model with Vercel's AI SDK, its telemetry on, and answers with the trace
// of each kind of call. Input: endpoint, model (URL of a provider).
import { writeFileSync } from 'node:fs';

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';

const given = JSON.parse(process.argv[2]);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'ai' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${given.endpoint}/v1/traces` }))],
});
const tracer = provider.getTracer('app');

const model = createOpenAICompatible({ name: 'openai', apiKey: 'any-key', baseURL: `${given.model}/v1`, includeUsage: true });
const experimental_telemetry = {
  isEnabled: true,
  tracer,
  functionId: 'diver',
  metadata: { sessionId: 'chat-7', userId: 'ann', plan: 'pro', tags: ['a', 'b'] },
};
const asked = { model: model('gpt-4o'), prompt: 'How deep is the labyrinth?', maxRetries: 0, experimental_telemetry };
const tools = {
  measure: tool({
    description: 'Measures.',
    inputSchema: jsonSchema({ type: 'object', properties: { of: { type: 'string' } } }),
    execute: ({ of }) => `${of}: 40`,
  }),
};
const stopWhen = stepCountIs(3);

const answer = {};
for (const [name, ask] of Object.entries({
  'answer': () => generateText(asked),
  'stream': () => streamText(asked).consumeStream(),
  'tool call': () => generateText({ ...asked, tools, stopWhen }),
  'streamed tool call': () => streamText({ ...asked, tools, stopWhen }).consumeStream(),
  'refusal': () => generateText({ ...asked, model: model('closed') }).catch(() => {}),
})) {
  await tracer.startActiveSpan(name, async (span) => {
    await ask();
    span.end();
    answer[name] = { trace: span.spanContext().traceId };
  });
}
await provider.shutdown();
writeFileSync(process.env.CLEW_RESULT, JSON.stringify(answer));
