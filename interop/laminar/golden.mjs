// Makes the spans that golden_test.go makes with this SDK, and sends them over
// HTTP in one request. Input: lib, port.
import { writeFileSync } from 'node:fs';

const { lib, port } = JSON.parse(process.argv[2]);
const { Laminar, LaminarAttributes, observe } = await import(lib);

Laminar.initialize({ projectApiKey: 'any-key', baseUrl: 'http://127.0.0.1', httpPort: port, forceHttp: true, instrumentModules: {} });
const options = {
  name: 'question', spanType: 'DEFAULT', sessionId: 'chat-7', userId: 'ann', tags: ['a', 'b'],
  metadata: { env: 'test', n: 3, on: true, list: ['x', 'y'] }, input: { q: 'why' },
};
await observe(options, async () => {
  Laminar.startSpan({ name: 'search', spanType: 'TOOL', input: 'labyrinth' }).end();
  const chat = Laminar.startSpan({ name: 'chat', spanType: 'LLM', input: [{ role: 'user', content: 'why' }] });
  await Laminar.withSpan(chat, async () => {
    Laminar.setSpanAttributes({ [LaminarAttributes.REQUEST_MODEL]: 'gpt-4.1', [LaminarAttributes.INPUT_TOKEN_COUNT]: 120 });
    Laminar.event({ name: 'cache miss', attributes: { key: 'k1' } });
    Laminar.setSpanOutput([{ role: 'assistant', content: 'so' }]);
  }, true);
  await observe({ name: 'failing', spanType: 'TOOL', input: {} }, async () => {
    throw new TypeError('card declined');
  }).catch(() => {});
  return { answer: 'so' };
});
await Laminar.flush();
await Laminar.shutdown();
writeFileSync(process.env.CLEW_RESULT, '{}');
