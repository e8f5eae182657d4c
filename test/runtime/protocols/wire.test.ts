import { beforeEach, expect, it } from 'vitest';
import { describeServers } from '../../support/every-server.js';
import { post } from '../faults/servers.js';

// What of the protocols depends on the server around them, asked through a socket.

let base: string;

const ROW = [5.1, 3.5, 1.4, 0.2];
const instances = { instances: [ROW] };
const ask = async (path: string, body: object | string, headers: Record<string, string> = {}) => {
  const response = await post(base + path, typeof body === 'string' ? body : JSON.stringify(body), headers);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

describeServers('through a socket', (start) => {
  beforeEach(async () => {
    base = await start().url;
  });

  it('a CloudEvent is answered by one, and none in a batch is taken', async () => {
    const event = { specversion: '1.0', id: '1', source: 'test', type: 'rows', data: instances };
    const answer = await ask('/v1/models/iris:predict', event, { 'content-type': 'application/cloudevents+json' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ specversion: '1.0', data: { predictions: [{ label: 0 }] } });
    const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': 'test', 'ce-type': 'rows' };
    const binary = await ask('/v1/models/iris:predict', instances, { ...headers, 'content-type': 'application/json' });
    expect(binary.headers.get('ce-type')).toBe('io.kserve.inference.response');
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await ask('/v1/models/iris:predict', [event], batch)).status).toBe(400);
  });

  it('statistics tell of the calls that came by any protocol', async () => {
    expect((await ask('/v1/models/iris:predict', instances)).status).toBe(200);
    expect((await ask('/invocations', '5.1,3.5,1.4,0.2\n', { 'content-type': 'text/csv' })).status).toBe(200);
    expect((await ask('/predictions/iris', [ROW])).status).toBe(200);
    expect((await ask('/v1/models/iris:predict', '{')).status).toBe(400);
    const { model_stats: models } = (await (await fetch(`${base}/v2/models/iris/stats`)).json()) as {
      model_stats: { inference_stats: Record<string, { count: number; ns: number }> }[];
    };
    const { success, fail, queue, compute_infer: run } = models[0]!.inference_stats;
    expect([success!.count, fail!.count, queue!.count, run!.count]).toEqual([3, 1, 3, 3]);
    expect(success!.ns).toBe(queue!.ns + run!.ns);
    expect(run!.ns).toBeGreaterThan(0);
  });

  it('explanations add up to the prediction, by KServe and by TorchServe', async () => {
    const kserve = JSON.parse((await ask('/v1/models/iris:explain', instances)).text) as { explanations: object[] };
    const torchServe = JSON.parse((await ask('/explanations/iris', [ROW])).text) as object[];
    expect(torchServe).toEqual(kserve.explanations);
    const [{ base_values: start, shap_values: moves }] = torchServe as [
      { base_values: number[]; shap_values: number[][] },
    ];
    const sums = start.map((value, output) => moves.reduce((sum, feature) => sum + feature[output]!, value));
    const { predictions } = JSON.parse((await ask('/v1/models/iris:predict', instances)).text) as {
      predictions: { probabilities: number[] }[];
    };
    for (const [output, sum] of sums.entries()) expect(sum).toBeCloseTo(predictions[0]!.probabilities[output]!, 4);
  });

  it('a page may send JSON by /v2 without naming its type', async () => {
    const inputs = [{ name: 'features', shape: [1, 4], datatype: 'FP32', data: ROW }];
    const { inputs: known } = (await (await fetch(`${base}/v2/models/iris`)).json()) as { inputs: { name: string }[] };
    const body = { inputs: [{ ...inputs[0], name: known[0]!.name }] };
    expect((await ask('/v2/models/iris/infer', body)).status).toBe(200);
  });
});
