import { Gpu } from '../azure/host-options.js';
import { AKS } from '../azure/private/aks/limits.js';
import { CONTAINER_APPS } from '../azure/private/container-apps/limits.js';
import { FUNCTIONS } from '../azure/private/functions/limits.js';
import { AZURE_ML } from '../azure/private/ml/limits.js';
import { allMonth, type Usage } from '../cost/bill.js';
import type { Prices } from '../cost/prices.js';
import { containerApps, FLEX, flex, roundUp } from '../cost/services.js';
import { hourlyRates } from './load.js';
import { neededMemoryMib } from './obstacles.js';
import { activeSeconds, DAYS_PER_MONTH, monthlyRequests, replicasByHour } from './replicas.js';
import { type ComparedTarget, instanceOf, type Question, type ReplicaSize } from './target.js';

/** https://learn.microsoft.com/azure/azure-functions/functions-scale#service-limits */
const FUNCTIONS_REQUEST_BYTES = 100 * 2 ** 20;

/** Memory of a Flex Consumption instance with one vCPU: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
const FLEX_MIB_PER_VCPU = 2048;

/** Time that a replica of Container Apps runs after its last request, at the price of an active one. */
const COOL_DOWN_SECONDS = 300;

/**
 * Requests per second to an endpoint of Azure ML:
 * https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
 */
const AZURE_ML_REQUESTS_PER_SECOND = 500;

const IDENTITY = 'Entra ID tokens authenticate callers';
const READS_ONLY = 'managed identity that may only read the model';

const FUNCTIONS_TARGET: ComparedTarget = {
  id: 'functions',
  cloud: 'azure',
  construct: 'ServerlessModel on Flex Consumption',
  coldStart: 'azure.functions',
  minReplicas: 0,
  security: [IDENTITY, READS_ONLY, 'public address'],
  size: (question) => {
    const needed = Math.max(FLEX_MIB_PER_VCPU, neededMemoryMib(question));
    const memoryMib = FUNCTIONS.memoryMib.values.find((value) => value >= needed) ?? FUNCTIONS.memoryMib.values.at(-1)!;
    return { vcpu: memoryMib / FLEX_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  limits: () => ({
    service: 'Azure Functions',
    requestBytes: FUNCTIONS_REQUEST_BYTES,
    timeoutSeconds: FUNCTIONS.timeoutSeconds.max,
    maxReplicas: FUNCTIONS.instances.max,
    maxMemoryMib: FUNCTIONS.memoryMib.values.at(-1)!,
    gpu: false,
  }),
  furtherObstacles: ({ facts }) =>
    facts.needsPython
      ? ['the model needs Python, which the Node.js image of Azure Functions lacks; use Container Apps']
      : [],
  usages: ({ size, ...question }) => {
    const seconds = Math.max(FLEX.minSeconds, roundUp(question.measured.latencySeconds, FLEX.stepSeconds));
    return flex(
      activeSeconds(question, size, seconds, FUNCTIONS.defaultConcurrency),
      monthlyRequests(question.load),
      size.memoryMib,
    );
  },
};

function registry(prices: Prices): Usage {
  return allMonth(prices, { what: 'container registry', price: 'azure.acr.standard' });
}

const CONTAINER_APPS_TARGET: ComparedTarget = {
  id: 'container-apps',
  cloud: 'azure',
  construct: 'ServerlessModel with ServerlessHost.containerApps()',
  coldStart: 'azure.containerApps',
  minReplicas: 0,
  security: [IDENTITY, READS_ONLY, 'public address, unless `internal` is set'],
  size: (question) => {
    const { memoryPerCpuGib, cpu } = CONTAINER_APPS;
    if (question.load.gpu) {
      const { cpu: vcpu, memoryMib } = Gpu.nvidiaT4().size;
      return { vcpu, memoryMib, label: `T4, ${vcpu} vCPU, ${memoryMib / 1024} GiB` };
    }
    const vcpu = Math.min(cpu.max, Math.max(1, roundUp(neededMemoryMib(question) / 1024 / memoryPerCpuGib, 0.25)));
    const memoryMib = vcpu * memoryPerCpuGib * 1024;
    return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
  },
  limits: ({ memoryMib }) => ({
    service: 'Azure Container Apps',
    timeoutSeconds: CONTAINER_APPS.timeoutSeconds.max,
    maxReplicas: CONTAINER_APPS.replicas.max,
    // A workload profile with a GPU has more than the Consumption profile.
    maxMemoryMib: Math.max(memoryMib, CONTAINER_APPS.cpu.max * CONTAINER_APPS.memoryPerCpuGib * 1024),
    gpu: true,
  }),
  usages: ({ size, prices, ...question }) => {
    const { vcpu, memoryMib } = size;
    const active = replicaSeconds(question, size);
    const requests = monthlyRequests(question.load);
    return [
      ...containerApps({ activeSeconds: active, idleSeconds: 0, requests, vcpu, memoryGib: memoryMib / 1024 }),
      ...(question.load.gpu ? [{ what: 'GPU', price: 'azure.aca.t4', units: active }] : []),
      registry(prices),
    ];
  },
};

/** Seconds of a month in which replicas run. After its last request a replica runs until the end of the cool-down. */
function replicaSeconds(question: Question, size: ReplicaSize): number {
  const { load, measured } = question;
  const byCpu = replicasByHour(question, size, 0);
  return hourlyRates(load).reduce((sum, rate, hour) => {
    const inFlight = rate * measured.latencySeconds;
    const replicas = Math.max(1, Math.ceil(inFlight / CONTAINER_APPS.defaultConcurrency), load.gpu ? 1 : byCpu[hour]!);
    // Share of the time in which the last request was less than a cool-down ago.
    const share = 1 - Math.exp(-rate * (COOL_DOWN_SECONDS + measured.latencySeconds));
    return sum + replicas * share * 3600 * DAYS_PER_MONTH;
  }, 0);
}

const AKS_TARGET: ComparedTarget = {
  id: 'aks',
  cloud: 'azure',
  construct: 'ContainerModel',
  minReplicas: 1,
  security: [IDENTITY, READS_ONLY, 'internal load balancer'],
  size: ({ load }) =>
    load.gpu ? instanceOf('Standard_NC4as_T4_v3', 4, 28_672, 'T4') : instanceOf('Standard_D4s_v5', 4, 16_384),
  limits: (size) => ({
    service: 'AKS',
    timeoutSeconds: AKS.timeoutSeconds.max,
    maxReplicas: AKS.nodes.max,
    maxMemoryMib: size.memoryMib,
    gpu: true,
  }),
  usages: ({ size, replicaHours, prices }) => [
    { what: 'nodes', price: `azure.vm.${size.instanceType}`, units: replicaHours },
    allMonth(prices, { what: 'system node', price: 'azure.vm.Standard_D2s_v5' }),
    allMonth(prices, { what: 'cluster', price: 'azure.aks.standard' }),
    allMonth(prices, { what: 'disks', price: 'azure.disk.P10', quantity: 2 }),
    allMonth(prices, { what: 'load balancer', price: 'azure.lb.rules' }),
    allMonth(prices, { what: 'IP address', price: 'azure.ip' }),
    registry(prices),
  ],
};

const AZURE_ML_TARGET: ComparedTarget = {
  id: 'azure-ml',
  cloud: 'azure',
  construct: 'ManagedEndpointModel',
  coldStart: 'azure.ml',
  minReplicas: 1,
  security: [IDENTITY, READS_ONLY],
  size: ({ load }) =>
    load.gpu ? instanceOf('Standard_NC4as_T4_v3', 4, 28_672, 'T4') : instanceOf('Standard_DS2_v2', 2, 7168),
  limits: (size) => ({
    service: 'an Azure ML endpoint',
    timeoutSeconds: AZURE_ML.timeoutSeconds.max,
    maxReplicas: AZURE_ML.instances.max,
    maxMemoryMib: size.memoryMib,
    gpu: true,
  }),
  furtherObstacles: ({ load }) => {
    const rate = Math.max(...hourlyRates(load));
    return rate > AZURE_ML_REQUESTS_PER_SECOND
      ? [
          `the load reaches ${rate} requests per second, and an Azure ML endpoint accepts ${AZURE_ML_REQUESTS_PER_SECOND}`,
        ]
      : [];
  },
  usages: ({ size, replicaHours, prices }) => [
    { what: 'instances', price: `azure.vm.${size.instanceType}`, units: replicaHours },
    registry(prices),
  ],
};

/** Targets on Azure. */
export const AZURE_TARGETS: readonly ComparedTarget[] = [
  FUNCTIONS_TARGET,
  CONTAINER_APPS_TARGET,
  AKS_TARGET,
  AZURE_ML_TARGET,
];
