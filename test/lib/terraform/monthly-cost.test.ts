import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerraformStack } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import * as azure from '../../../lib/azure/index.js';
import * as gcp from '../../../lib/gcp/index.js';
import { IMAGE as AZURE_IMAGE, azureStack, model } from '../azure/support.js';
import { googleStack, minimal } from '../gcp/support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

const RESOURCE_GROUP = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/models';

/** What synthesis says of the cost. */
function told(stack: TerraformStack, build: (stack: TerraformStack) => void, of = /./): string | undefined {
  build(stack);
  const infos = stack.node.findAll().flatMap(({ node }) => node.metadata.filter(({ type }) => type === '@cdktf/info'));
  return infos.map(({ data }) => String(data)).find((text) => text.includes('modelship:idleCost') && of.test(text));
}

/** US dollars a month by part, and together. */
function cost(text: string | undefined) {
  if (text === undefined) return undefined;
  const [, sum] = /about \$([\d.]+) a month/.exec(text)!;
  const parts = [...text.matchAll(/(?:: |, )([a-zA-Z -]+) \$([\d.]+)/g)].map(([, what, usd]) => [what, Number(usd)]);
  return { sum: Number(sum), parts: Object.fromEntries(parts) };
}

/** US dollars of a month with a million requests of 100 ms, beyond those without requests. */
function costOfRequests(text: string | undefined): number {
  const found = /; (?:about \$([\d.]+)|the same) with 1 million requests of 100 ms/.exec(text!)!;
  return found[1] === undefined ? 0 : Number(found[1]) - cost(text)!.sum;
}

const onAzure = (build: (stack: TerraformStack, props: { model: never; location: string }) => void) =>
  told(azureStack(), (stack) => build(stack, { model: model() as never, location: 'westeurope' }));
const onGoogle = (build: (stack: TerraformStack) => void) => told(googleStack(), build);

/** Idle costs that docs/azure.md and docs/tasks/costs.md state, by how both name the deployment. */
const DOCUMENTED: readonly [string, (stack: TerraformStack, props: { model: never; location: string }) => void][] = [
  ['`ServerlessModel` on Functions', (stack, props) => new azure.ServerlessModel(stack, 'Iris', props)],
  [
    '`ServerlessModel` on Container Apps',
    (stack, props) =>
      new azure.ServerlessModel(stack, 'Iris', { ...props, host: azure.ServerlessHost.containerApps() }),
  ],
  ['`ContainerModel` on AKS', (stack, props) => new azure.ContainerModel(stack, 'Iris', props)],
  ['`ManagedEndpointModel`', (stack, props) => new azure.ManagedEndpointModel(stack, 'Iris', props)],
];

test.each(DOCUMENTED)('the documents state what %s costs on Azure without requests', (name, build) => {
  const { sum } = cost(onAzure(build))!;
  const stated = `$${sum < 1 ? sum.toFixed(2) : Math.round(sum)}`;
  for (const [file, start] of [
    ['azure.md', `| ${name} | `],
    ['tasks/costs.md', `| Azure | ${name} | `],
  ] as const) {
    const lines = readFileSync(join(__dirname, '../../../docs', file), 'utf8').split('\n');
    const [row] = lines.filter((line) => line.startsWith(`${start}$`));
    expect(row?.slice(start.length).split(/[: ]/)[0], file).toBe(stated);
  }
});

// Sums by hand, in eastus and us-central1: an hour is 1/730 of a month.
describe('what a construct costs without requests is told at synth, on Azure', () => {
  test('Functions without instances that are always ready: the alerts', () => {
    const { parts } = cost(onAzure((stack, props) => new azure.ServerlessModel(stack, 'Iris', props)))!;
    expect(Object.keys(parts)).toEqual(['alerts']);
  });

  test('one instance of 2,048 MB that is always ready', () => {
    const { parts } = cost(
      onAzure((stack, props) => new azure.ServerlessModel(stack, 'Iris', { ...props, minReplicas: 1 })),
    )!;
    // 2 GB at 0.000004 for 2,628,000 seconds.
    expect(parts).toMatchObject({ 'always-ready instances': 21.02 });
  });

  test('idle replicas of Container Apps', () => {
    const host = azure.ServerlessHost.containerApps({ image: AZURE_IMAGE });
    const { parts } = cost(
      onAzure((stack, props) => new azure.ServerlessModel(stack, 'Iris', { ...props, host, minReplicas: 2 })),
    )!;
    // 2 replicas with 1 CPU at 0.000003 and 2 GiB at 0.000003 for 2,628,000 seconds.
    expect(parts).toMatchObject({ 'idle replicas': 47.3 });
  });

  const onGpu = (gpu: azure.Gpu) =>
    onAzure((stack, props) => {
      const host = azure.ServerlessHost.containerApps({ image: AZURE_IMAGE, gpu });
      new azure.ServerlessModel(stack, 'Iris', { ...props, host, minReplicas: 1 });
    });

  test.each([
    // 8 CPUs at 0.000024 and 56 GiB at 0.000003; 0.000073; for 2,628,000 seconds.
    ['T4', azure.Gpu.nvidiaT4(), { 'idle replicas': 946.08, GPUs: 191.84 }],
    // 24 CPUs at 0.000024 and 220 GiB at 0.000003; 0.000529; for 2,628,000 seconds.
    ['A100', azure.Gpu.nvidiaA100(), { 'idle replicas': 3248.21, GPUs: 1390.21 }],
  ])('a replica of Container Apps with one %s, which has no idle price', (_name, gpu, parts) => {
    expect(cost(onGpu(gpu))!.parts).toMatchObject(parts);
  });

  test('a GPU of Container Apps without a known price', () => {
    const gpu = azure.Gpu.of('Consumption-GPU-NC40-H100', { cpu: 40, memoryMib: 327_680 });
    expect(onGpu(gpu)).toContain('and the price of GPUs, which is not known here');
  });

  test('a cluster with its nodes, disks, load balancer and address', () => {
    const { parts } = cost(
      onAzure((stack, props) => new azure.ContainerModel(stack, 'Iris', { ...props, image: AZURE_IMAGE })),
    )!;
    // 0.1, 0.096 and 0.192 an hour; two disks at 19.71; 0.025 and 0.005 an hour.
    expect(parts).toMatchObject({
      cluster: 73,
      'system nodes': 70.08,
      nodes: 140.16,
      disks: 39.42,
      'load balancer': 18.25,
      'public addresses': 3.65,
    });
  });

  test('an instance of Azure ML, and the registry of its workspace', () => {
    const { parts } = cost(
      onAzure((stack, props) => new azure.ManagedEndpointModel(stack, 'Iris', { ...props, image: AZURE_IMAGE })),
    )!;
    // 0.146 an hour; 0.6666 a day for 730/24 days.
    expect(parts).toMatchObject({ instances: 106.58, registry: 20.28 });
  });

  test('a unit of API Management', () => {
    const group = { id: RESOURCE_GROUP, name: 'models', location: 'westeurope' };
    const text = told(
      azureStack(),
      (stack) => {
        const endpoint = new azure.ServerlessModel(stack, 'Iris', { model: model(), resourceGroup: group });
        const publisher = { publisherName: 'Flowers', publisherEmail: 'api@example.com' };
        new azure.ApiManagementGateway(stack, 'Gateway', {
          endpoint,
          resourceGroup: group,
          ...publisher,
          skuName: 'Basic_2',
        });
      },
      /Management/,
    );
    // Two units at 0.20160274 an hour.
    expect(cost(text)!.parts).toMatchObject({ 'API Management': 294.34 });
  });

  test('names what has no price, the region and the date', () => {
    const text = onAzure(
      (stack, props) =>
        new azure.ManagedEndpointModel(stack, 'Iris', {
          ...props,
          image: AZURE_IMAGE,
          instanceType: 'Standard_ND96isr_H100_v5',
        }),
    );
    expect(text).toContain('and the price of instances, which is not known here');
    expect(text).toMatch(/list prices of eastus as of \d{4}-\d\d-\d\d/);
  });
});

describe('what a construct costs without requests is told at synth, on Google Cloud', () => {
  test('Cloud Run that scales to zero: nothing', () => {
    expect(cost(onGoogle((stack) => new gcp.ServerlessModel(stack, 'Iris', minimal)))).toEqual({ sum: 0, parts: {} });
  });

  test('an idle instance of Cloud Run', () => {
    // 1 vCPU and 1 GiB, each at 0.0000025 for 2,628,000 seconds.
    expect(cost(onGoogle((stack) => new gcp.ServerlessModel(stack, 'Iris', { ...minimal, minReplicas: 1 })))).toEqual({
      sum: 13.14,
      parts: { 'idle instances': 13.14 },
    });
  });

  test('a GPU of Cloud Run that always runs, with CPUs billed as busy', () => {
    const { parts } = cost(
      onGoogle(
        (stack) => new gcp.ServerlessModel(stack, 'Iris', { ...minimal, minReplicas: 1, gpu: gcp.Gpu.nvidiaL4() }),
      ),
    )!;
    // 4 vCPU at 0.000018 and 16 GiB at 0.000002; 0.0001867; for 2,628,000 seconds.
    expect(parts).toEqual({ 'idle instances': 273.31, GPUs: 490.65 });
  });

  test('a pod on Autopilot with its sidecar, and the cluster', () => {
    // 1.25 vCPU at 0.0445 and 1.25 GiB at 0.0049225 an hour; 0.1 an hour.
    expect(cost(onGoogle((stack) => new gcp.ContainerModel(stack, 'Iris', minimal)))!.parts).toMatchObject({
      pods: 45.1,
      cluster: 73,
    });
  });

  test('a node of a Standard cluster', () => {
    const cluster = gcp.GkeCluster.standard();
    const { parts } = cost(onGoogle((stack) => new gcp.ContainerModel(stack, 'Iris', { ...minimal, cluster })))!;
    // 0.13402284 an hour; 100 GB at 0.1.
    expect(parts).toMatchObject({ nodes: 97.84, disks: 10, cluster: 73 });
    expect(parts).not.toHaveProperty('pods');
  });

  test('a replica of Vertex AI', () => {
    // 0.1541128 an hour.
    expect(cost(onGoogle((stack) => new gcp.ManagedEndpointModel(stack, 'Iris', minimal)))!.parts).toEqual({
      replicas: 112.5,
    });
  });
});

// Sums by hand, in eastus and us-central1. A million requests in a month are 2.6 s apart.
describe('what a million requests of 100 ms add is told at synth', () => {
  const functions = (minReplicas: number) =>
    onAzure((stack, props) => new azure.ServerlessModel(stack, 'Iris', { ...props, minReplicas }));
  const apps = (minReplicas: number, gpu?: azure.Gpu) =>
    onAzure((stack, props) => {
      const host = azure.ServerlessHost.containerApps({ image: AZURE_IMAGE, gpu });
      new azure.ServerlessModel(stack, 'Iris', { ...props, host, minReplicas });
    });
  const cloudRun = (props: Partial<gcp.ServerlessModelProps> = {}) =>
    onGoogle((stack) => new gcp.ServerlessModel(stack, 'Iris', { ...minimal, ...props }));

  test.each([
    // Each is billed for a second: 1,000,000 s of 2 GB at 0.000026, and 0.4 of executions.
    ['Functions', () => functions(0), 52 + 0.4],
    // The same at 0.000016.
    ['Functions, on an instance that is always ready', () => functions(1), 32 + 0.4],
    // One replica all month: 2,628,000 s of 1 CPU at 0.000024 and 2 GiB at 0.000003, and 0.4 of requests.
    ['Container Apps', () => apps(0), 78.84 + 0.4],
    // 100,000 s at the price of an active replica instead of an idle one, which differ by 0.000021 for a CPU.
    ['Container Apps with a kept replica', () => apps(1), 2.1 + 0.4],
    ['Container Apps with a GPU', () => apps(1, azure.Gpu.nvidiaT4()), 0],
    // 100,000 s of 1 vCPU at 0.000024 and 1 GiB at 0.0000025, and 0.4 of requests.
    ['Cloud Run', () => cloudRun(), 2.65 + 0.4],
    // Less the 100,000 s at 0.0000025 each in which the instance is not idle.
    ['Cloud Run with a kept instance', () => cloudRun({ minReplicas: 1 }), 2.65 + 0.4 - 0.5],
    ['Cloud Run with a GPU', () => cloudRun({ gpu: gcp.Gpu.nvidiaL4() }), 273.31 + 490.65],
    [
      'AKS',
      () => onAzure((stack, props) => new azure.ContainerModel(stack, 'Iris', { ...props, image: AZURE_IMAGE })),
      0,
    ],
    ['GKE', () => onGoogle((stack) => new gcp.ContainerModel(stack, 'Iris', minimal)), 0],
    ['Vertex AI', () => onGoogle((stack) => new gcp.ManagedEndpointModel(stack, 'Iris', minimal)), 0],
  ] as const)('%s', (_name, text, usd) => {
    expect(costOfRequests(text())).toBeCloseTo(usd, 2);
  });
});
