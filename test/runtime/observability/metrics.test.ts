import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, METRICS_PATH, TENSORFLOW_SERVING_METRICS_PATH } from '../../../runtime/src/contract.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import { tensorFlowServingText } from '../../../runtime/src/observability/tensorflow-serving.js';
import { InferenceError, invalid } from '../../../runtime/src/tensor/errors.js';
import { describeServers } from '../../support/every-server.js';
import { metric, post, predict, runSlow, slowPackage, until } from '../faults/servers.js';
import { VersionFolder } from '../models/model-folders.js';

const PAGES = [METRICS_PATH, TENSORFLOW_SERVING_METRICS_PATH];
const run = { rows: 4, requests: 2, queuedMs: 3, elapsedMs: 10, succeeded: true };

/** Type and labels of each metric that a page shows. */
function shown(page: string): Map<string, { type: string; labels: Set<string> }> {
  const found = new Map<string, { type: string; labels: Set<string> }>();
  for (const [, name, type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    found.set(name!, { type: type!, labels: new Set() });
  }
  for (const [, series, labels = ''] of page.matchAll(/^([^#\s{]+)(?:\{(.*)\})? \S+$/gm)) {
    const name = found.has(series!) ? series! : series!.replace(/_(bucket|sum|count)$/, '');
    for (const [, label] of labels.matchAll(/(\w+)="/g)) if (label !== 'le') found.get(name)!.labels.add(label!);
  }
  return found;
}

/** What docs/metrics.md says of the metrics of a page. */
function documented(path: string) {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
  const section = text.split(/^##+ /m).find((each) => each.startsWith(`\`${path}\``))!;
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (\w+) \|([^|]*)\|/gm)];
  return new Map(
    rows.map(([, name, type, labels]) => [name!, { type: type!, labels: new Set(labels!.match(/\w+/g) ?? []) }]),
  );
}

describeServers('the pages of metrics', (start) => {
  it.each(PAGES)('%s shows what is documented, and nothing else', async (path) => {
    const base = await start({ [ENVIRONMENT.grpcPort]: 0 }).url;
    await predict(base);
    await post(`${base}/v1/models/iris:classify`, '{"examples": [{"input": [1, 2, 3, 4]}]}');
    const response = await fetch(base + path);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(shown(await response.text())).toEqual(documented(path));
  });

  it.each(PAGES)('%s has no series twice, and only lines of the format', async (path) => {
    const base = await start().url;
    await predict(base);
    const lines = (await (await fetch(base + path)).text()).trimEnd().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
    const label = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
    const sample = new RegExp(`^[a-zA-Z_:][\\w:]*(\\{${label}(,${label})*\\})? (\\d+(\\.\\d+)?(e[+-]?\\d+)?)$`);
    for (const line of lines) {
      if (!line.startsWith('#')) expect(line).toMatch(sample);
    }
  });

  it('ask for the credential that requests need', async () => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: '0'.repeat(64) }).url;
    for (const path of PAGES) expect((await fetch(base + path)).status).toBe(401);
  });
});

describeServers('what a server counts', (start) => {
  const inferences = (code: string) => `modelship_inferences_total{model="iris",version="1",code="${code}"}`;

  it('is each call by what became of it', async () => {
    const base = await start().url;
    await predict(base);
    await predict(base);
    await post(`${base}/v1/models/iris:predict`, '{"instances": [[1]]}');
    await post(`${base}/v2/models/iris/infer`, '{}');
    expect(await metric(base, inferences('OK'))).toBe(2);
    expect(await metric(base, inferences('INVALID_ARGUMENT'))).toBe(2);
    expect(await metric(base, 'modelship_requests_total{api="http",status="200"}')).toBeGreaterThanOrEqual(2);
    expect(await metric(base, 'modelship_requests_total{api="http",status="400"}')).toBe(2);
    expect(await metric(base, 'modelship_queue_seconds_count{model="iris",version="1"}')).toBe(2);
  });

  it('is what was refused before it was whole', async () => {
    const base = await start({ [ENVIRONMENT.maxBodyBytes]: 10 }).url;
    expect((await predict(base)).status).toBe(413);
    expect(await metric(base, 'modelship_requests_total{api="http",status="413"}')).toBe(1);
  });

  it('is what the queue refused too', async () => {
    const base = await start({ [ENVIRONMENT.model]: slowPackage(5), [ENVIRONMENT.maxQueue]: 1 }).url;
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await runSlow(base, 50)).status));
    const refused = statuses.filter((status) => status === 503).length;
    expect(refused).toBeGreaterThan(0);
    expect(await metric(base, 'modelship_inferences_total{model="slow",version="1",code="UNAVAILABLE"}')).toBe(refused);
  });

  it('is how long the calls of TensorFlow Serving took, and how many examples they had', async () => {
    const base = await start().url;
    await predict(base);
    await post(`${base}/v1/models/iris:predict`, '{"instances": [[1]]}');
    const { inputs } = (await (await fetch(`${base}/v2/models/iris`)).json()) as { inputs: { name: string }[] };
    const example = { [inputs[0]!.name]: [5.1, 3.5, 1.4, 0.2] };
    const body = JSON.stringify({ examples: [example, example] });
    expect((await post(`${base}/v1/models/iris:classify`, body)).status).toBe(200);
    const page = await (await fetch(base + TENSORFLOW_SERVING_METRICS_PATH)).text();
    const lines = page.split('\n').filter((line) => /_(count|total)\{/.test(line));
    expect(lines).toEqual(
      expect.arrayContaining([
        ':tensorflow:serving:request_latency_count{model_name="iris",API="Predict",entrypoint="REST"} 1',
        ':tensorflow:serving:request_latency_count{model_name="iris",API="Classify",entrypoint="REST"} 1',
        ':tensorflow:serving:request_example_counts_count{model="iris"} 1',
        ':tensorflow:serving:request_example_count_total{model="iris"} 2',
        ':tensorflow:serving:request_count{model_name="iris",status="OK"} 2',
        ':tensorflow:serving:request_count{model_name="iris",status="INVALID_ARGUMENT"} 1',
      ]),
    );
  });

  it('never goes down under the names of TensorFlow Serving while versions of a model come and go', async () => {
    const folder = new VersionFolder('1');
    const base = await start({ [ENVIRONMENT.model]: folder.path, [ENVIRONMENT.pollSeconds]: 1 }).url;
    const counted = async () => {
      const text = await (await fetch(base + TENSORFLOW_SERVING_METRICS_PATH)).text();
      const numbers = [...text.matchAll(/^(\S+(?:_count|_sum|_total)\b\S*|\S+le="\+Inf"\S*) (\S+)$/gm)];
      return new Map(numbers.map(([, series, value]) => [series!, Number(value)]));
    };
    const ask = () => post(`${base}/v1/models/slow:predict`, '{"inputs": [1]}');
    const requests = ':tensorflow:serving:request_count{model_name="slow",status="OK"}';
    for (let asked = 0; asked < 3; asked++) expect((await ask()).status).toBe(200);
    let before = await counted();
    expect(before.get(requests)).toBe(3);

    folder.add('2');
    folder.remove('1');
    await until(async () => {
      const now = await counted();
      for (const [series, value] of before) expect(now.get(series)).toBeGreaterThanOrEqual(value);
      before = now;
      const status = await (await fetch(`${base}/v1/models/slow`)).json();
      const { model_version_status: versions } = status as { model_version_status: { version: string }[] };
      return versions.length === 1 && versions[0]!.version === '2';
    });
    expect((await ask()).status).toBe(200);
    expect((await counted()).get(requests)).toBe(4);
  });

  it('has no name that a caller made up', async () => {
    const base = await start().url;
    for (const path of ['/v1/models/made-up:predict', '/v2/models/made-up/infer', '/made-up']) {
      await post(base + path, '{}');
    }
    for (const path of PAGES) expect(await (await fetch(base + path)).text()).not.toContain('made-up');
  });
});

describe('what is counted', () => {
  it('is told under the names of TensorFlow Serving, all versions of a model together', () => {
    const metrics = new RuntimeMetrics();
    const versions = ['1', '2'].map((version) => ({ name: 'm', version, metrics: new ModelMetrics() }));
    for (const version of versions) {
      metrics.add(version);
      version.metrics.ended();
      version.metrics.started(0.5);
      version.metrics.ran(run);
      version.metrics.latencyOf('Predict REST').observe(15);
      version.metrics.examples.observe(3);
    }
    versions[0]!.metrics.ended(invalid('no'));
    versions[0]!.metrics.ended(new Error('not told'));
    const lines = tensorFlowServingText(metrics).split('\n');
    const name = (metric: string) => `:tensorflow:serving:${metric}`;
    expect(lines).toEqual(
      expect.arrayContaining([
        name('request_count{model_name="m",status="OK"} 2'),
        name('request_count{model_name="m",status="INVALID_ARGUMENT"} 1'),
        name('request_count{model_name="m",status="INTERNAL"} 1'),
        name('request_latency_bucket{model_name="m",API="Predict",entrypoint="REST",le="10"} 0'),
        name('request_latency_bucket{model_name="m",API="Predict",entrypoint="REST",le="18"} 2'),
        name('request_latency_count{model_name="m",API="Predict",entrypoint="REST"} 2'),
        name('runtime_latency_sum{model_name="m",API="Predict",runtime="modelship"} 20000'),
        name('batching_session:queuing_latency_bucket{thread_pool_name="m",le="500"} 2'),
        name('request_example_counts_bucket{model="m",le="4"} 2'),
        name('request_example_count_total{model="m"} 6'),
      ]),
    );
  });

  it('is bounded: versions that are gone and sizes that callers choose leave nothing', () => {
    const metrics = new RuntimeMetrics();
    for (let number = 1; number <= 50; number++) {
      const version = { name: 'm', version: String(number), metrics: new ModelMetrics() };
      metrics.add(version);
      metrics.remove(version);
    }
    expect(metrics.text(processFigures(0))).not.toContain('model="m"');
    const sized = new ModelMetrics();
    for (let rows = 1; rows <= 1000; rows++) sized.ran({ ...run, rows });
    expect(sized.sizes.size).toBeLessThanOrEqual(128);
  });

  it('is told once while a package replaces one of the same version', () => {
    const metrics = new RuntimeMetrics();
    const [before, after] = [0, 1].map(() => ({ name: 'm', version: '1', metrics: new ModelMetrics() }));
    metrics.add(before!);
    before!.metrics.ended();
    metrics.add(after!);
    const line = 'modelship_inferences_total{model="m",version="1",code="OK"}';
    expect(
      metrics
        .text(processFigures(0))
        .split('\n')
        .filter((each) => each.startsWith(line)),
    ).toEqual([`${line} 0`]);
    metrics.remove(before!);
    expect(metrics.text(processFigures(0))).toContain(line);
  });

  it('begins anew with a model that was gone', () => {
    const metrics = new RuntimeMetrics();
    const [first, second, third] = ['1', '2', '2'].map((version) => ({
      name: 'm',
      version,
      metrics: new ModelMetrics(),
    }));
    const line = /request_count\{model_name="m",status="OK"\} (\d+)/;
    const told = () => line.exec(tensorFlowServingText(metrics))?.[1];
    metrics.add(first!);
    first!.metrics.ended();
    metrics.add(second!);
    second!.metrics.ended();
    metrics.remove(first!);
    // Another package of the same version, while both are there.
    metrics.add(third!);
    expect(told()).toBe('2');
    metrics.remove(second!);
    expect(told()).toBe('2');
    metrics.remove(third!);
    expect(told()).toBeUndefined();
    metrics.add(third!);
    expect(told()).toBe('0');
  });

  it('is the calls of gRPC by their codes', () => {
    const metrics = new RuntimeMetrics();
    metrics.callFinished('OK', 1);
    metrics.callFinished(new InferenceError('NOT_FOUND', 'no').code, 1);
    expect(metrics.text(processFigures(0))).toContain('modelship_requests_total{api="grpc",status="NOT_FOUND"} 1');
    expect(metrics.text(processFigures(0))).toContain('modelship_request_seconds_count{api="grpc"} 2');
  });
});
