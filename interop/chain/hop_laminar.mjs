// A hop that uses Laminar's SDK for TypeScript. Input: port, name, in, out (each
// {way, at}), nats, db. It begins a task, or takes one from a queue.
import { writeFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { Laminar, observe } from 'lmnr-0.8';

const { port, name, in: from, out, nats } = JSON.parse(process.argv[2]);
Laminar.initialize({ projectApiKey: 'any-key', baseUrl: 'http://127.0.0.1', httpPort: port, grpcPort: port, instrumentModules: {} });

const handOn = async () => {
  const context = Laminar.serializeLaminarSpanContext();
  if (out?.way === 'http') {
    const answer = await fetch(out.at, { method: 'POST', headers: { 'x-laminar-span-context': context } });
    if (!answer.ok) throw new Error(`${out.at}: ${answer.status}`);
  }
};

if (from) {
  const conn = await connect({ servers: nats });
  const subscription = conn.subscribe(from.at, { max: 1 });
  await conn.flush();
  writeFileSync(`${process.env.CLEW_RESULT}.ready`, '');
  for await (const message of subscription) {
    await observe({ name, parentSpanContext: message.headers.get('X-Laminar-Span-Context') }, handOn);
  }
  await conn.close();
} else {
  await observe({ name, sessionId: 'chain-session', userId: 'chain-user' }, handOn);
}
await Laminar.flush();
await Laminar.shutdown();
writeFileSync(process.env.CLEW_RESULT, '{}');
