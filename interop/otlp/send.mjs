// Sends one trace of 103 spans through a published exporter and answers with its
// id. Input: protocol (grpc, http/protobuf or http/json), compression (gzip or
// none), endpoint, service.
import { writeFileSync } from 'node:fs';

import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const { protocol, compression, endpoint, service } = JSON.parse(process.argv[2]);
const exporters = {
  'grpc': () => new GrpcExporter({ url: endpoint, compression }),
  'http/protobuf': () => new ProtoExporter({ url: `${endpoint}/v1/traces`, compression }),
  'http/json': () => new JsonExporter({ url: `${endpoint}/v1/traces`, compression }),
};
const exporter = exporters[protocol]();
const failures = [];
const send = exporter.export.bind(exporter);
exporter.export = (spans, done) => send(spans, (result) => {
  if (result.code !== 0) failures.push(result.error);
  done(result);
});

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': service }),
  spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize: 40 })],
});
const tracer = provider.getTracer('interop', '1.0.0');

const root = tracer.startSpan('checkout', { kind: SpanKind.SERVER, attributes: { 'session.id': 'session-ü' } });
const inRoot = trace.setSpan(context.active(), root);
const charge = tracer.startSpan('charge', { kind: SpanKind.CLIENT }, inRoot);
charge.recordException(new Error('card declined'));
charge.setStatus({ code: SpanStatusCode.ERROR, message: 'card declined' });
charge.end();
const chat = tracer.startSpan('chat', {
  attributes: {
    'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4.1',
    'gen_ai.usage.input_tokens': 120, 'gen_ai.usage.output_tokens': 30,
    'list': ['a', 'b'], 'ratio': 0.5, 'cached': true,
  },
  links: [{ context: charge.spanContext() }],
}, inRoot);
const inChat = trace.setSpan(context.active(), chat);
for (let i = 0; i < 100; i++) {
  tracer.startSpan(`item ${i}`, { attributes: { text: 'x'.repeat(1000) } }, inChat).end();
}
chat.end();
root.end();
await provider.shutdown();
if (failures.length > 0) {
  console.error(failures);
  process.exit(1);
}
writeFileSync(process.env.CLEW_RESULT, JSON.stringify({ trace: root.spanContext().traceId }));
