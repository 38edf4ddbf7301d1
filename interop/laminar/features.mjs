// Does what Laminar's pages on manual spans and on continuing traces show, one
// trace a feature, and answers with the ids. Input: lib (which line of the
// package), transport (grpc or http), port, parents (serialized contexts to go on
// from).
import { writeFileSync } from 'node:fs';

const { lib, transport, port, parents } = JSON.parse(process.argv[2]);
const { Laminar, LaminarAttributes, LaminarClient, TracingLevel, observe, withTracingLevel } = await import(lib);

Laminar.initialize({
  projectApiKey: 'any-key',
  baseUrl: 'http://127.0.0.1',
  httpPort: port,
  grpcPort: port,
  forceHttp: transport === 'http',
  instrumentModules: {},
});

const traceOf = (span) => span.spanContext().traceId;
const child = () => Laminar.startSpan({ name: 'child' }).end();
// What a feature that runs in an observed function answers with.
const observed = async (options, inside = child) => {
  let trace;
  const result = await observe(options, async () => {
    trace = Laminar.getTraceId();
    return inside();
  });
  return { trace, result };
};
const written = (options) => {
  const span = Laminar.startSpan(options);
  const context = { text: Laminar.serializeLaminarSpanContext(span), trace: traceOf(span), span: span.spanContext().spanId };
  span.end();
  return context;
};

const features = {
  'observe': async () => {
    let trace;
    await observe({ name: 'outer' }, async (question) => {
      trace = Laminar.getTraceId();
      return observe({ name: 'inner' }, (a, b) => `${a} ${b}`, question.text, 2);
    }, { text: 'why' });
    return { trace };
  },
  'observe, input and output ignored': () =>
    observed({ name: 'quiet', input: 'secret', ignoreInput: true, ignoreOutput: true }, () => 'secret'),
  'start span, with span': async () => {
    const span = Laminar.startSpan({ name: 'parent', input: { q: 1 } });
    await Laminar.withSpan(span, async () => {
      child();
      Laminar.setSpanOutput('done');
      Laminar.setSpanAttributes({ 'my.key': 'my value' });
    }, true);
    return { trace: traceOf(span) };
  },
  'start active span': Laminar.startActiveSpan && (async () => {
    const span = Laminar.startActiveSpan({ name: 'active' });
    child();
    span.end();
    return { trace: traceOf(span) };
  }),
  'span types': () => observed({ name: 'types' }, () => {
    for (const spanType of ['DEFAULT', 'LLM', 'TOOL', 'EXECUTOR', 'EVALUATOR', 'HUMAN_EVALUATOR', 'EVALUATION', 'PIPELINE', 'CACHED'])
      Laminar.startSpan({ name: spanType, spanType }).end();
  }),
  'model call by hand': async () => {
    const span = Laminar.startSpan({ name: 'chat', spanType: 'LLM', input: [{ role: 'user', content: 'why' }] });
    await Laminar.withSpan(span, () => Laminar.setSpanAttributes({
      [LaminarAttributes.PROVIDER]: 'openai',
      [LaminarAttributes.REQUEST_MODEL]: 'gpt-4.1',
      [LaminarAttributes.RESPONSE_MODEL]: 'gpt-4.1-2025-04-14',
      [LaminarAttributes.INPUT_TOKEN_COUNT]: 120,
      [LaminarAttributes.OUTPUT_TOKEN_COUNT]: 30,
      [LaminarAttributes.INPUT_COST]: 0.25,
      [LaminarAttributes.OUTPUT_COST]: 0.5,
      [LaminarAttributes.TOTAL_COST]: 0.75,
    }), true);
    return { trace: traceOf(span) };
  },
  'session': () => observed({ name: 'with session', sessionId: 'chat-7 ü' }),
  'user': () => observed({ name: 'with user', userId: 'ann' }),
  'metadata': () => observed({ name: 'with metadata', metadata: { env: 'test', n: 3, nested: { a: [1] } } }),
  'session, user and metadata set inside': () => observed({ name: 'late' }, () => {
    Laminar.setTraceSessionId('chat-8');
    Laminar.setTraceUserId('bob');
    Laminar.setTraceMetadata({ env: 'late' });
  }),
  'tags': () => observed({ name: 'tagged', tags: ['a', 'b', 'a'] }),
  'tags set inside': () => observed({ name: 'tagged inside' }, () => Laminar.setSpanTags(['c'])),
  'tags added inside': Laminar.addSpanTags && (() => observed({ name: 'tagged twice', tags: ['a'] }, () => Laminar.addSpanTags(['d']))),
  'events': () => observed({ name: 'with event' }, () => Laminar.event({ name: 'cache miss', attributes: { key: 'k1' } })),
  'exceptions': async () => {
    let trace;
    await observe({ name: 'failing' }, async () => {
      trace = Laminar.getTraceId();
      throw new TypeError('card declined');
    }).catch(() => {});
    return { trace };
  },
  'tracing level meta_only': TracingLevel && (() => withTracingLevel(TracingLevel.META_ONLY,
    () => observed({ name: 'meta only', input: 'secret' }, () => 'secret'))),
  'tracing level off': TracingLevel && (() => observed({ name: 'seen' }, async () => {
    await withTracingLevel(TracingLevel.OFF, () => observe({ name: 'unseen' }, () => 1));
  })),
  'serialize': async () => {
    const contexts = [
      written({ name: 'plain' }),
      written({ name: 'names "quoted" ü 日本 \n', sessionId: 's', userId: 'u', metadata: { n: 5, deep: { list: [1, 'two', null] } } }),
    ];
    await observe({ name: 'outer', sessionId: 'observed-session', userId: 'observed-user' }, () => {
      contexts.push(written({ name: 'below' }));
    });
    return { contexts };
  },
  'continue': async () => {
    const contexts = [];
    for (const parentSpanContext of parents) {
      const span = Laminar.startSpan({ name: 'continued span', parentSpanContext });
      contexts.push({ trace: traceOf(span), span: span.spanContext().spanId });
      span.end();
      await observe({ name: 'continued observe', parentSpanContext }, () => {
        contexts.push({ trace: Laminar.getTraceId() });
      });
    }
    return { contexts };
  },
};

const answer = {};
for (const [name, run] of Object.entries(features)) answer[name] = run ? await run() : { absent: true };
await Laminar.flush();

// After the fact, through the client.
const client = new LaminarClient({ baseUrl: 'http://127.0.0.1', projectApiKey: 'any-key', port });
const { trace } = answer.observe;
await client.tags.tag(trace, ['later']);
answer['client: tag'] = { trace };
if (client.traces?.pushMetadata) {
  await client.traces.pushMetadata(trace, { reviewed: true, rating: 5 });
  answer['client: metadata'] = { trace };
} else answer['client: metadata'] = { absent: true };
await client.evaluators.score({ name: 'fit', traceId: trace, score: 0.5 });
answer['client: score'] = { trace };
await Laminar.shutdown();
writeFileSync(process.env.CLEW_RESULT, JSON.stringify(answer));
