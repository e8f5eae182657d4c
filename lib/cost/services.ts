import type { Usage } from './bill.js';

// How each service measures its usage, from the vendors' pricing pages. Times are in seconds, sizes in GiB.

/** Processor architecture of a function or task. */
export type PricedArchitecture = 'x86' | 'arm';

/** Returns the usage of functions on AWS Lambda, which bills each request for its own time. */
export function lambda(usage: {
  readonly architecture: PricedArchitecture;
  readonly requests: number;
  /** Duration of a request. */
  readonly seconds: number;
  readonly memoryMib: number;
  /** Size of `/tmp`. @default 512 */
  readonly ephemeralMib?: number;
}): Usage[] {
  const { architecture, requests, seconds, memoryMib, ephemeralMib = 512 } = usage;
  const time = requests * seconds;
  return [
    { what: 'compute', price: `aws.lambda.${architecture}.gbs`, units: (time * memoryMib) / 1024 },
    { what: 'requests', price: 'aws.lambda.request', units: requests },
    { what: 'temporary storage', price: 'aws.lambda.ephemeral.gbs', units: (time * (ephemeralMib - 512)) / 1024 },
  ];
}

/** Provisioned concurrency is billed in steps of five minutes. */
const PROVISIONED_STEP_SECONDS = 300;

/** Returns the usage of provisioned concurrency on AWS Lambda, and of the requests that it serves. */
export function provisionedConcurrency(usage: {
  readonly architecture: PricedArchitecture;
  readonly environments: number;
  readonly memoryMib: number;
  readonly provisionedSeconds: number;
  readonly requests: number;
  /** Duration of a request. */
  readonly seconds: number;
}): Usage[] {
  const { architecture, environments, memoryMib, provisionedSeconds, requests, seconds } = usage;
  const gib = memoryMib / 1024;
  const billed = Math.ceil(provisionedSeconds / PROVISIONED_STEP_SECONDS) * PROVISIONED_STEP_SECONDS;
  return [
    {
      what: 'provisioned concurrency',
      price: `aws.lambda.pc.${architecture}.idle`,
      units: environments * gib * billed,
    },
    { what: 'compute', price: `aws.lambda.pc.${architecture}.run`, units: requests * seconds * gib },
    { what: 'requests', price: 'aws.lambda.request', units: requests },
  ];
}

/** Returns the usage of tasks on AWS Fargate. */
export function fargate(architecture: PricedArchitecture, hours: number, vcpu: number, memoryGib: number): Usage[] {
  return [
    { what: 'tasks', price: `aws.fargate.${architecture}.vcpu`, units: hours * vcpu },
    { what: 'tasks', price: `aws.fargate.${architecture}.gb`, units: hours * memoryGib },
  ];
}

/** Bytes of a request that an HTTP API of API Gateway bills as one request. */
export const HTTP_API_METERED_BYTES = 512 * 1024;

/** Bytes per hour of one load balancer capacity unit, in GB. */
const LCU_GB_PER_HOUR = 1;
/** New connections per second of one load balancer capacity unit. */
const LCU_CONNECTIONS = 25;

/** Returns the usage of an Application Load Balancer whose clients keep their connections. */
export function loadBalancer(hours: number, gigabytes: number, connectionsPerSecond = 0): Usage[] {
  const units = Math.max(gigabytes / LCU_GB_PER_HOUR, (hours * connectionsPerSecond) / LCU_CONNECTIONS);
  return [
    { what: 'load balancer', price: 'aws.alb.hour', units: hours },
    { what: 'load balancer', price: 'aws.alb.lcu', units },
  ];
}

/** Returns the usage of a SageMaker serverless endpoint, which has no price per request. */
export function sagemakerServerless(requests: number, seconds: number, memoryMib: number): Usage[] {
  return [{ what: 'compute', price: 'aws.sagemaker.serverless.gbs', units: (requests * seconds * memoryMib) / 1024 }];
}

/** Cloud Run bills time in steps of 100 ms. */
export const CLOUD_RUN_STEP_SECONDS = 0.1;

/**
 * Returns the usage of Cloud Run with request-based billing.
 *
 * @param activeSeconds time in which at least one request runs, added up over the instances
 */
export function cloudRunRequests(activeSeconds: number, requests: number, vcpu: number, memoryGib: number): Usage[] {
  return [
    { what: 'compute', price: 'gcp.run.req.vcpu', units: activeSeconds * vcpu },
    { what: 'compute', price: 'gcp.run.req.gib', units: activeSeconds * memoryGib },
    { what: 'requests', price: 'gcp.run.req.request', units: requests },
  ];
}

/** Returns the usage of Cloud Run with instance-based billing, which instances with a GPU need. */
export function cloudRunInstances(seconds: number, vcpu: number, memoryGib: number): Usage[] {
  return [
    { what: 'instances', price: 'gcp.run.inst.vcpu', units: seconds * vcpu },
    { what: 'instances', price: 'gcp.run.inst.gib', units: seconds * memoryGib },
  ];
}

/** Returns the usage of idle instances that Cloud Run keeps, with request-based billing. */
export function cloudRunIdle(seconds: number, vcpu: number, memoryGib: number): Usage[] {
  return [
    { what: 'idle instances', price: 'gcp.run.idle.vcpu', units: seconds * vcpu },
    { what: 'idle instances', price: 'gcp.run.idle.gib', units: seconds * memoryGib },
  ];
}

/** Returns the usage of pods on GKE Autopilot. */
export function autopilot(hours: number, vcpu: number, memoryGib: number, ephemeralGib = 0): Usage[] {
  return [
    { what: 'pods', price: 'gcp.gke.ap.vcpu', units: hours * vcpu },
    { what: 'pods', price: 'gcp.gke.ap.gib', units: hours * memoryGib },
    { what: 'pods', price: 'gcp.gke.ap.eph', units: hours * ephemeralGib },
  ];
}

/** Flex Consumption bills at least this time for each activity of an instance, and rounds up to steps. */
export const FLEX = { minSeconds: 1, stepSeconds: 0.1 } as const;

/** Returns the usage of Azure Functions on the Flex Consumption plan. */
export function flex(billedSeconds: number, requests: number, memoryMib: number): Usage[] {
  return [
    { what: 'compute', price: 'azure.flex.gbs', units: (billedSeconds * memoryMib) / 1024 },
    { what: 'requests', price: 'azure.flex.exec', units: requests },
  ];
}

/**
 * Returns the usage of replicas on the Consumption profile of Container Apps.
 *
 * @param idleSeconds time of replicas that `minReplicas` keeps without requests
 */
export function containerApps(usage: {
  readonly activeSeconds: number;
  readonly idleSeconds: number;
  readonly requests: number;
  readonly vcpu: number;
  readonly memoryGib: number;
}): Usage[] {
  const { activeSeconds, idleSeconds, requests, vcpu, memoryGib } = usage;
  return [
    { what: 'replicas', price: 'azure.aca.vcpu', units: activeSeconds * vcpu },
    { what: 'replicas', price: 'azure.aca.vcpu.idle', units: idleSeconds * vcpu },
    { what: 'replicas', price: 'azure.aca.gib', units: (activeSeconds + idleSeconds) * memoryGib },
    { what: 'requests', price: 'azure.aca.request', units: requests },
  ];
}

/** Returns `seconds`, rounded up to a multiple of `step`. */
export function roundUp(seconds: number, step: number): number {
  // Values such as 0.3 are not exact: 0.3 / 0.1 is slightly above 3.
  return Math.ceil(Number((seconds / step).toFixed(9))) * step;
}
