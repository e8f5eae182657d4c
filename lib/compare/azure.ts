import { AKS } from '../azure/private/aks/limits.js';
import { CONTAINER_APPS } from '../azure/private/container-apps/limits.js';
import { FUNCTIONS } from '../azure/private/functions/limits.js';
import { AZURE_ML } from '../azure/private/ml/limits.js';
import { allMonth, HOURS_PER_MONTH, type Usage } from '../cost/bill.js';
import type { Prices } from '../cost/prices.js';
import { containerApps, FLEX, flex, roundUp } from '../cost/services.js';
import { hourlyRates } from './load.js';
import { neededMemoryMib, obstaclesOf } from './obstacles.js';
import {
  activeSeconds,
  DAYS_PER_MONTH,
  monthlyRequests,
  mostReplicas,
  replicaHours,
  replicasByHour,
} from './replicas.js';
import type { ComparedTarget, Question, ReplicaSize } from './target.js';

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
  security: [IDENTITY, READS_ONLY, 'public address, unless `virtualNetwork` is set'],
  size: (question) => {
    const needed = Math.max(FLEX_MIB_PER_VCPU, neededMemoryMib(question));
    const memoryMib = FUNCTIONS.memoryMib.values.find((value) => value >= needed) ?? FUNCTIONS.memoryMib.values.at(-1)!;
    return { vcpu: memoryMib / FLEX_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  replicas: (question) => mostReplicas(question, FUNCTIONS_TARGET.size(question), 0),
  obstacles: (question) => {
    const size = FUNCTIONS_TARGET.size(question);
    const found = obstaclesOf(
      question,
      {
        service: 'Azure Functions',
        requestBytes: FUNCTIONS_REQUEST_BYTES,
        timeoutSeconds: FUNCTIONS.timeoutSeconds.max,
        maxReplicas: FUNCTIONS.instances.max,
        maxMemoryMib: FUNCTIONS.memoryMib.values.at(-1)!,
        gpu: false,
      },
      size,
      FUNCTIONS_TARGET.replicas(question),
    );
    if (question.facts.needsPython)
      found.push('the model needs Python, which Azure Functions runs without our runtime; use Container Apps');
    return found;
  },
  usages: (question) => {
    const size = FUNCTIONS_TARGET.size(question);
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
    if (question.load.gpu) return { vcpu: 4, memoryMib: 8192, label: 'T4, 4 vCPU, 8 GiB' };
    const vcpu = Math.min(cpu.max, Math.max(1, roundUp(neededMemoryMib(question) / 1024 / memoryPerCpuGib, 0.25)));
    const memoryMib = vcpu * memoryPerCpuGib * 1024;
    return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
  },
  replicas: (question) => mostReplicas(question, CONTAINER_APPS_TARGET.size(question), 0),
  obstacles: (question) => {
    const size = CONTAINER_APPS_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'Azure Container Apps',
        timeoutSeconds: CONTAINER_APPS.timeoutSeconds.max,
        maxReplicas: CONTAINER_APPS.replicas.max,
        maxMemoryMib: CONTAINER_APPS.cpu.max * CONTAINER_APPS.memoryPerCpuGib * 1024,
        gpu: true,
      },
      size,
      CONTAINER_APPS_TARGET.replicas(question),
    );
  },
  usages: (question, prices) => {
    const { vcpu, memoryMib } = CONTAINER_APPS_TARGET.size(question);
    const active = replicaSeconds(question);
    const requests = monthlyRequests(question.load);
    return [
      ...containerApps({ activeSeconds: active, idleSeconds: 0, requests, vcpu, memoryGib: memoryMib / 1024 }),
      ...(question.load.gpu ? [{ what: 'GPU', price: 'azure.aca.t4', units: active }] : []),
      registry(prices),
    ];
  },
};

/** Seconds of a month in which replicas run. After its last request a replica runs until the end of the cool-down. */
function replicaSeconds(question: Question): number {
  const size = CONTAINER_APPS_TARGET.size(question);
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
  size: ({ load }): ReplicaSize =>
    load.gpu
      ? { vcpu: 4, memoryMib: 28_672, label: 'Standard_NC4as_T4_v3 (T4)' }
      : { vcpu: 4, memoryMib: 16_384, label: 'Standard_D4s_v5' },
  replicas: (question) => mostReplicas(question, AKS_TARGET.size(question), AKS_TARGET.minReplicas),
  obstacles: (question) => {
    const size = AKS_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'AKS',
        timeoutSeconds: AKS.timeoutSeconds.max,
        maxReplicas: AKS.nodes.max,
        maxMemoryMib: size.memoryMib,
        gpu: true,
      },
      size,
      AKS_TARGET.replicas(question),
    );
  },
  usages: (question, prices) => {
    const size = AKS_TARGET.size(question);
    const hours = question.load.gpu ? HOURS_PER_MONTH : replicaHours(question, size, AKS_TARGET.minReplicas);
    return [
      { what: 'nodes', price: `azure.vm.${size.label.split(' ')[0]}`, units: hours },
      allMonth(prices, { what: 'system node', price: 'azure.vm.Standard_D2s_v5' }),
      allMonth(prices, { what: 'cluster', price: 'azure.aks.standard' }),
      allMonth(prices, { what: 'disks', price: 'azure.disk.P10', quantity: 2 }),
      allMonth(prices, { what: 'load balancer', price: 'azure.lb.rules' }),
      allMonth(prices, { what: 'IP address', price: 'azure.ip' }),
      registry(prices),
    ];
  },
};

const AZURE_ML_TARGET: ComparedTarget = {
  id: 'azure-ml',
  cloud: 'azure',
  construct: 'ManagedEndpointModel',
  coldStart: 'azure.ml',
  minReplicas: 1,
  security: [IDENTITY, READS_ONLY],
  size: ({ load }): ReplicaSize =>
    load.gpu
      ? { vcpu: 4, memoryMib: 28_672, label: 'Standard_NC4as_T4_v3 (T4)' }
      : { vcpu: 2, memoryMib: 7168, label: 'Standard_DS2_v2' },
  replicas: (question) => mostReplicas(question, AZURE_ML_TARGET.size(question), AZURE_ML_TARGET.minReplicas),
  obstacles: (question) => {
    const size = AZURE_ML_TARGET.size(question);
    const found = obstaclesOf(
      question,
      {
        service: 'an Azure ML endpoint',
        timeoutSeconds: AZURE_ML.timeoutSeconds.max,
        maxReplicas: AZURE_ML.instances.max,
        maxMemoryMib: size.memoryMib,
        gpu: true,
      },
      size,
      AZURE_ML_TARGET.replicas(question),
    );
    const rate = Math.max(...hourlyRates(question.load));
    if (rate > AZURE_ML_REQUESTS_PER_SECOND) {
      found.push(
        `the load reaches ${rate} requests per second, and an Azure ML endpoint accepts ${AZURE_ML_REQUESTS_PER_SECOND}`,
      );
    }
    return found;
  },
  usages: (question, prices) => {
    const size = AZURE_ML_TARGET.size(question);
    const hours = question.load.gpu ? HOURS_PER_MONTH : replicaHours(question, size, AZURE_ML_TARGET.minReplicas);
    return [{ what: 'instances', price: `azure.vm.${size.label.split(' ')[0]}`, units: hours }, registry(prices)];
  },
};

/** Targets on Azure. */
export const AZURE_TARGETS: readonly ComparedTarget[] = [
  FUNCTIONS_TARGET,
  CONTAINER_APPS_TARGET,
  AKS_TARGET,
  AZURE_ML_TARGET,
];
