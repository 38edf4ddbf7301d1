// Makes one span and ends: what it belongs to is decided by the environment.
// Input: lib, port.
import { writeFileSync } from 'node:fs';

const { lib, port } = JSON.parse(process.argv[2]);
const { Laminar } = await import(lib);
Laminar.initialize({ projectApiKey: 'any-key', baseUrl: 'http://127.0.0.1', httpPort: port, grpcPort: port, instrumentModules: {} });
const span = Laminar.startSpan({ name: 'started' });
const { traceId: trace, spanId } = span.spanContext();
span.end();
await Laminar.flush();
await Laminar.shutdown();
writeFileSync(process.env.CLEW_RESULT, JSON.stringify({ trace, span: spanId }));
