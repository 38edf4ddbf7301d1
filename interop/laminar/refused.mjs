// Calls what Laminar's client offers and clew doesn't, and answers with what each
// call fails with. Input: lib, port.
import { writeFileSync } from 'node:fs';

const { lib, port } = JSON.parse(process.argv[2]);
const { LaminarClient } = await import(lib);
const client = new LaminarClient({ baseUrl: 'http://127.0.0.1', projectApiKey: 'any-key', port });

const id = '00000000-0000-0000-0000-000000000001';
const calls = {
  'SQL': client.sql && (() => client.sql.query('SELECT 1')),
  'datasets: list': client.datasets && (() => client.datasets.listDatasets()),
  'datasets: get': client.datasets && (() => client.datasets.getDatasetByName('golden')),
  'datasets: push': client.datasets && (() => client.datasets.push({ name: 'golden', points: [{ data: { q: 1 } }] })),
  'datasets: pull': client.datasets && (() => client.datasets.pull({ name: 'golden' })),
  'evaluations: create': () => (client.evals.init ? client.evals.init('fit') : client.evals.createEvaluation('fit')),
  'evaluations: datapoints': () => client.evals.saveDatapoints({ evalId: id, datapoints: [] }),
  'signals': client.signals && (() => client.signals.list()),
  'LLM profiles': client.llmProfiles && (() => client.llmProfiles.list()),
  'debugger: notes': client.rolloutSessions?.addBlock && (() => client.rolloutSessions.addBlock({ sessionId: id, block: { type: 'note' } })),
};
const answer = {};
for (const [name, call] of Object.entries(calls)) {
  if (!call) answer[name] = { absent: true };
  else {
    try {
      answer[name] = { done: JSON.stringify(await call()) ?? 'nothing' };
    } catch (error) {
      answer[name] = { error: `${error.name}: ${error.message}` };
    }
  }
}
writeFileSync(process.env.CLEW_RESULT, JSON.stringify(answer));
