import { App, Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { compare, costCurve, monthlyUsd, TARGETS } from '../../../lib/compare/compare.js';
import { LOAD_SHAPES } from '../../../lib/compare/load.js';
import { obstaclesOf } from '../../../lib/compare/obstacles.js';
import type { PackageFacts, Question } from '../../../lib/compare/target.js';
import { DEFAULT_PRICES } from '../../../lib/cost/prices.js';
import { Model } from '../../../lib/model/model.js';
import { smallestRequestBytes } from '../../../lib/model/request-size.js';
import { ValidationError } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';

const options = { prices: DEFAULT_PRICES };

/** A small model that takes a millisecond. */
function ask(given: {
  readonly load?: Partial<Question['load']>;
  readonly measured?: Partial<Question['measured']>;
  readonly facts?: Partial<PackageFacts>;
}): Question {
  return {
    facts: { name: 'm', version: '1', digest: 'd', sizeBytes: 1e6, rowBytes: 16, needsPython: false, ...given.facts },
    measured: {
      processor: 'test',
      node: 'v24',
      cpuSeconds: 0.0005,
      latencySeconds: 0.001,
      residentMib: 100,
      startSeconds: 0.5,
      requestBytes: 100,
      ...given.measured,
    },
    load: { requestsPerSecond: 1, shape: 'steady', gpu: false, ...given.load },
  };
}

const find = (question: Question, id: string) => compare(question, options).find(({ target }) => target === id)!;

describe('the cost without requests', () => {
  // Sums of the constructs' defaults, computed from the clouds' price lists in October 2026.
  test.each([
    ['lambda', 3.4],
    ['ecs', 92.96],
    ['sagemaker', 66.81],
    ['sagemaker-serverless', 3.3],
    ['functions', 0],
    ['container-apps', 20.28],
    ['aks', 364.84],
    ['azure-ml', 126.86],
    ['cloud-run', 0],
    ['gke', 45.1 + 73],
    ['vertex', 112.5],
  ])('of %s is %d dollars', (id, usd) => {
    expect(find(ask({}), id).floorUsd).toBeCloseTo(usd, 1);
  });

  test('of a GPU on ECS is that of its instance, disk, network and telemetry', () => {
    expect(find(ask({ load: { gpu: true } }), 'ecs-gpu').floorUsd).toBeCloseTo(852.4, 1);
  });
});

describe('a million requests of 100 ms, evenly spread', () => {
  // The load samples of the price list, for the processor share of each default.
  const question = ask({
    load: { requestsPerSecond: 1e6 / (730 * 3600) },
    measured: { latencySeconds: 0.1, cpuSeconds: 0.05 },
  });
  const part = (id: string, what: string) =>
    find(question, id).bill.parts.find((each) => each.what === what)?.monthlyUsd ?? 0;

  test('cost on Lambda its time, the requests and the API', () => {
    expect(part('lambda', 'compute')).toBeCloseTo(2.3, 2);
    expect(part('lambda', 'requests')).toBeCloseTo(0.2, 2);
    expect(part('lambda', 'REST API')).toBeCloseTo(3.5, 2);
  });

  test('cost a serverless endpoint its time', () => {
    expect(part('sagemaker-serverless', 'compute')).toBeCloseTo(4, 2);
  });

  test('cost Cloud Run its time, less what overlaps', () => {
    // 2.65 dollars without overlap. At 0.38 requests per second of 0.1 s, 2 % of the time overlaps.
    expect(part('cloud-run', 'compute')).toBeCloseTo(2.65 * 0.981, 1);
    expect(part('cloud-run', 'requests')).toBeCloseTo(0.4, 2);
  });

  test('cost Functions a second each, less what overlaps', () => {
    // 52.40 dollars if the requests never overlapped.
    expect(part('functions', 'compute')).toBeGreaterThan(40);
    expect(part('functions', 'compute')).toBeLessThan(52.4);
  });

  test('keep a replica on Container Apps all month', () => {
    expect(part('container-apps', 'replicas')).toBeCloseTo(78.84, 0);
  });
});

describe('the load at which another target is cheaper', () => {
  test('is the one that trying every load finds', () => {
    for (const measured of [
      {},
      { latencySeconds: 0.2, cpuSeconds: 0.15 },
      { latencySeconds: 0.02, cpuSeconds: 0.004 },
    ]) {
      const question = ask({ measured, load: { requestsPerSecond: 0.01 } });
      const [best] = compare(question, options);
      const own = TARGETS.find(({ id }) => id === best!.target)!;
      const at = (requestsPerSecond: number) => ask({ measured, load: { requestsPerSecond } });
      const isBeaten = (requestsPerSecond: number) => {
        const asked = at(requestsPerSecond);
        const limit = monthlyUsd(own, asked, options);
        return TARGETS.some(
          (each) => !each.gpuOnly && obstaclesOf(each, asked).length === 0 && monthlyUsd(each, asked, options) < limit,
        );
      };
      let first: number | undefined;
      for (let load = 0.01; load < 1e4 && first === undefined; load *= 1.002) if (isBeaten(load)) first = load;
      expect(best!.cheaperFrom?.requestsPerSecond).toBeDefined();
      expect(Math.abs(best!.cheaperFrom!.requestsPerSecond / first! - 1)).toBeLessThan(0.003);
    }
  });
});

test('targets that fit come first, the cheapest of them at the top', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.constantFrom(...LOAD_SHAPES),
      (requestsPerSecond, shape) => {
        const candidates = compare(ask({ load: { requestsPerSecond, shape } }), options);
        const fitting = candidates.filter(({ fits }) => fits);
        expect(candidates.slice(0, fitting.length)).toEqual(fitting);
        const costs = fitting.map(({ bill }) => bill.monthlyUsd);
        expect(costs).toEqual([...costs].sort((a, b) => a - b));
        for (const { obstacles, bill } of candidates) {
          expect(Number.isFinite(bill.monthlyUsd)).toBe(true);
          expect(bill.unpriced).toEqual([]);
          for (const each of obstacles) expect(each).toMatch(/\S/);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('more load never costs less', () => {
  const rates = Array.from({ length: 60 }, (_, index) => 10 ** (-3 + index / 10));
  const question = ask({});
  for (const candidate of compare(question, options)) {
    const costs = costCurve(candidate, question, options, rates).filter((usd) => usd !== undefined);
    for (const [index, usd] of costs.entries()) expect(usd).toBeGreaterThanOrEqual((costs[index - 1] ?? 0) - 1e-9);
  }
});

describe('a target on AWS that fits', () => {
  const makers = {
    lambda: (stack: Stack, model: Model) => new ServerlessModel(stack, 'M', { model }),
    ecs: (stack: Stack, model: Model) => new ContainerModel(stack, 'M', { model }),
    sagemaker: (stack: Stack, model: Model) => new ManagedEndpointModel(stack, 'M', { model }),
  } as const;
  /** Codes of the faults of preflight checks. */
  const rejects = (make: () => unknown): boolean => {
    try {
      make();
    } catch (error) {
      if (error instanceof ValidationError) return error.faults.some(({ code }) => /_TOO_LARGE$/.test(code));
    }
    return false;
  };

  test.each(Object.entries(makers))('is accepted by preflight: %s', (id, make) => {
    for (const megabytes of [0.001, 1, 3, 5, 7, 9, 11, 30]) {
      const inputs = [{ name: 'x', datatype: 'UINT8' as const, shape: [-1, Math.round(megabytes * 2 ** 20)] }];
      const model = Model.fromDirectory(writePackage({ inputs }));
      const rowBytes = smallestRequestBytes(model.manifest);
      const { fits } = find(ask({ facts: { rowBytes }, measured: { requestBytes: rowBytes } }), id);
      // What preflight rejects must not be listed as fitting.
      if (rejects(() => make(new Stack(new App({ analyticsReporting: false }), 'S'), model))) expect(fits).toBe(false);
      else expect(fits).toBe(true);
    }
  });
});

describe('a target does not fit', () => {
  const reasons = (question: Question, id: string) => find(question, id).obstacles;

  test('a request that is larger than it accepts', () => {
    expect(reasons(ask({ load: { requestBytes: 7 * 2 ** 20 } }), 'lambda')).toEqual([
      'a request has 7340032 bytes, and AWS Lambda accepts at most 6291456',
    ]);
  });

  test('a model that is larger than its memory', () => {
    expect(reasons(ask({ measured: { residentMib: 9000 } }), 'container-apps')[0]).toMatch(
      /^the model needs about 11700 MiB of memory, and a replica on Azure Container Apps has at most 8192 MiB$/,
    );
  });

  test('a Python model whose image would be too large for Lambda', () => {
    const of = (sizeBytes: number) => reasons(ask({ facts: { sizeBytes, needsPython: true } }), 'lambda');
    expect(of(6.9 * 2 ** 30)).toEqual([]);
    expect(of(7.1 * 2 ** 30).at(-1)).toMatch(/^a Python model is part of the image/);
  });

  test('a latency that its processors do not reach', () => {
    const question = ask({ load: { latencySeconds: 0.01 }, measured: { latencySeconds: 0.05 } });
    expect(compare(question, options).every(({ fits }) => !fits)).toBe(true);
  });

  test('a GPU that it does not have', () => {
    const question = ask({ load: { gpu: true } });
    expect(reasons(question, 'lambda')).toEqual(['AWS Lambda has no GPUs']);
    expect(find(question, 'sagemaker').replica.label).toBe('ml.g5.xlarge (A10G)');
    expect(find(question, 'sagemaker').requestsPerSecondPerVcpu).toBeUndefined();
  });

  test('a million requests per second, where the service has fewer replicas', () => {
    const obstacles = reasons(ask({ load: { requestsPerSecond: 1e6 } }), 'azure-ml');
    expect(obstacles).toEqual([
      'the load needs 358 replicas, and an Azure ML endpoint allows 50',
      'the load reaches 1000000 requests per second, and an Azure ML endpoint accepts 500',
    ]);
  });
});

test('a service that bills by size counts large requests more than once', () => {
  const parts = (requestBytes: number) => find(ask({ load: { requestBytes } }), 'ecs').bill.parts;
  const api = (requestBytes: number) => parts(requestBytes).find(({ what }) => what === 'HTTP API')!.monthlyUsd;
  expect(api(5 * 2 ** 20)).toBeCloseTo(10 * api(100), 6);
});

test('a GPU that scales to zero costs only its busy hours', () => {
  const cloudRun = (requestsPerSecond: number, shape: 'steady' | 'office') =>
    find(ask({ load: { gpu: true, requestsPerSecond, shape } }), 'cloud-run');
  expect(cloudRun(1, 'steady').floorUsd).toBe(0);
  const [day, all] = [cloudRun(1, 'office'), cloudRun(1, 'steady')].map(({ bill }) => bill.monthlyUsd);
  expect(day! * 3).toBeCloseTo(all!, 6);
});

test('a replica with a T4 on Container Apps has all processors and memory of its workload profile', () => {
  const { replica, obstacles } = find(
    ask({ load: { gpu: true }, measured: { residentMib: 20_000 } }),
    'container-apps',
  );
  expect(replica).toMatchObject({ vcpu: 8, memoryMib: 57_344 });
  expect(obstacles).toEqual([]);
});

test('replicas of a function are its requests in flight', () => {
  const question = ask({ load: { requestsPerSecond: 100 }, measured: { latencySeconds: 0.5 } });
  expect(find(question, 'lambda').maxReplicas).toBe(50);
});

test('a region without prices is named, and the default region is used', () => {
  const { bill } = compare(ask({}), { prices: DEFAULT_PRICES, regions: { aws: 'sa-east-1' } }).find(
    ({ target }) => target === 'lambda',
  )!;
  expect(bill.otherRegion).toContain('aws.lambda.request');
  expect(bill.monthlyUsd).toBeCloseTo(find(ask({}), 'lambda').bill.monthlyUsd, 6);
});
