import { expect, test } from 'vitest';
import { bill, HOURS_PER_MONTH as H, type Usage } from '../../../lib/cost/bill.js';
import { DEFAULT_PRICES } from '../../../lib/cost/prices.js';
import {
  autopilot,
  cloudRunIdle,
  cloudRunInstances,
  cloudRunRequests,
  containerApps,
  fargate,
  lambda,
  loadBalancer,
  provisionedConcurrency,
  sagemakerServerless,
} from '../../../lib/cost/services.js';

const MONTH = H * 3600;
const M = 1e6;

const use = (price: string, units: number): Usage[] => [{ what: price, price, units }];

interface Example {
  readonly region?: string;
  readonly freeTier?: boolean;
  readonly usages: Usage[];
  readonly usd: number;
}

/**
 * Worked examples that vendors and cost tools publish: pricing pages of AWS Lambda and API Gateway, a SageMaker guide,
 * expected results of Infracost's tests, sheets of Google's and Azure's price APIs, and a few articles.
 */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'Lambda, first example of the pricing page': {
    freeTier: true,
    usages: lambda({ architecture: 'x86', requests: 3 * M, seconds: 0.12, memoryMib: 1536 }),
    usd: 2.73,
  },
  'Lambda, second example': {
    usages: lambda({ architecture: 'x86', requests: 7.44 * M, seconds: 2, memoryMib: 1024 }),
    usd: 249.49,
  },
  'Lambda, third example, with temporary storage': {
    freeTier: true,
    usages: lambda({ architecture: 'x86', requests: 6 * M, seconds: 0.28, memoryMib: 4096, ephemeralMib: 2048 }),
    usd: 106.41,
  },
  'Lambda, provisioned concurrency of the pricing page, 7 environments for a day': {
    usages: provisionedConcurrency({
      architecture: 'x86',
      environments: 7,
      memoryMib: 4096,
      provisionedSeconds: 24 * 3600,
      requests: 2 * M,
      seconds: 0.28,
    }),
    usd: 32.26,
  },
  'Lambda, one idle environment for 30 days': {
    usages: provisionedConcurrency({
      architecture: 'x86',
      environments: 1,
      memoryMib: 3008,
      provisionedSeconds: 30 * 24 * 3600,
      requests: 0,
      seconds: 0,
    }),
    usd: 31.72,
  },
  'Lambda on Arm, provisioned concurrency': {
    usages: provisionedConcurrency({
      architecture: 'arm',
      environments: 50,
      memoryMib: 512,
      provisionedSeconds: 100 * 3600,
      requests: 10 * M,
      seconds: 0.35,
    }),
    usd: 45.61,
  },
  'Lambda, Infracost': {
    usages: lambda({ architecture: 'x86', requests: 100_000, seconds: 0.35, memoryMib: 512 }),
    usd: 0.31,
  },
  'Lambda on Arm, Infracost': {
    usages: lambda({ architecture: 'arm', requests: 100_000, seconds: 0.35, memoryMib: 512 }),
    usd: 0.25,
  },
  'API Gateway, REST API in four tiers': { usages: use('aws.apigw.rest', 21_000 * M), usd: 49_763.1 },
  'API Gateway, HTTP API in two tiers': { usages: use('aws.apigw.http', 1000 * M), usd: 930 },
  'API Gateway, HTTP API of the pricing page': { usages: use('aws.apigw.http', 432 * M), usd: 418.8 },
  'Fargate, one task': { usages: fargate('x86', H, 1, 2), usd: 36.04 },
  'Application Load Balancer': { usages: loadBalancer(H, 1000), usd: 24.43 },
  'NAT gateway': { usages: [...use('aws.nat.hour', H), ...use('aws.nat.gb', 100)], usd: 37.35 },
  'interface endpoint': { usages: [...use('aws.vpce.hour', H), ...use('aws.vpce.gb', 1000)], usd: 17.3 },
  'CloudWatch Logs': {
    usages: [...use('aws.cw.logs.ingest', 1000), ...use('aws.cw.logs.store', 500), ...use('aws.cw.logs.scan', 250)],
    usd: 516.25,
  },
  SQS: { usages: use('aws.sqs', 2 * M), usd: 0.8 },
  'Step Functions': { usages: use('aws.sfn.transition', 10_000), usd: 0.25 },
  'SageMaker serverless': { usages: sagemakerServerless(200_000, 0.3, 2048), usd: 2.4 },
  'SageMaker ml.m5.large': { usages: use('aws.sagemaker.ml.m5.large', H), usd: 83.95 },
  'SageMaker ml.m5.xlarge': { usages: use('aws.sagemaker.ml.m5.xlarge', H), usd: 167.9 },
  'Cloud Run, request-based in a tier 2 region': {
    region: 'europe-west3',
    usages: cloudRunRequests(500_000 * 3.6, 500_000, 1, 0.5),
    usd: 63.83,
  },
  'Cloud Run, instance-based in a tier 2 region': {
    region: 'europe-west3',
    usages: cloudRunInstances(2 * MONTH, 1, 0.5),
    usd: 119.84,
  },
  'Cloud Run, request-based': { usages: cloudRunRequests(900 * 240, 900, 1, 1), usd: 5.73 },
  'Cloud Run, request-based after the free tier': {
    freeTier: true,
    usages: cloudRunRequests(900 * 240, 900, 1, 1),
    usd: 0.86,
  },
  'Cloud Run, an idle instance': { usages: cloudRunIdle(MONTH, 1, 1), usd: 13.14 },
  'Cloud Run, an hour of an L4': {
    usages: [...cloudRunInstances(3600, 8, 32), ...use('gcp.run.l4', 3600)],
    usd: 1.421,
  },
  'GKE Autopilot, one pod': { usages: autopilot(H, 1, 1), usd: 36.08 },
  'GKE Autopilot, a quarter of a vCPU': { usages: autopilot(H, 0.25, 1), usd: 11.72 },
  'GKE Autopilot, a cluster': {
    usages: [...use('gcp.gke.fee', H), ...autopilot(H, 10, 50, 100)],
    usd: 581.52,
  },
  'GKE Standard, nodes': { usages: use('gcp.gce.e2-medium', 2190), usd: 73.38 },
  'Cloud NAT': { usages: [...use('gcp.nat.vm', 4 * H), ...use('gcp.nat.gb', 1000)], usd: 49.09 },
  'Artifact Registry': { usages: use('gcp.ar.gb', 150), usd: 15 },
  'Cloud Logging': { usages: use('gcp.log.gib', 100), usd: 50 },
  'Compute Engine in the Netherlands, with the sustained-use discount of 30 %': {
    region: 'europe-west4',
    usages: use('gcp.gce.n1-standard-8', 0.7 * H),
    usd: 213.77,
  },
  'a forwarding rule in the Netherlands': { region: 'europe-west4', usages: use('gcp.lb.rule', H), usd: 20.44 },
  'Vertex AI': { usages: use('gcp.vertex.e2-standard-2', 1080), usd: 83.22 },
  AKS: {
    usages: [...use('azure.aks.standard', H), ...use('azure.vm.Standard_DS2_v2', 3 * H), ...use('azure.disk.P10', 3)],
    usd: 451.87,
  },
  'API Management, Consumption': { usages: use('azure.apim.consumption', 10 * M), usd: 35 },
  'API Management, Basic': { usages: use('azure.apim.basic', 2 * H), usd: 294.34 },
  'API Management, Basic v2': { usages: use('azure.apim.basicv2', 1080), usd: 221.92 },
  'Container Registry, Basic': { usages: use('azure.acr.basic', 30), usd: 5 },
  'Container Registry, build': { usages: use('azure.acr.build', 540_000), usd: 54 },
  'Log Analytics in West Europe': { region: 'westeurope', usages: use('azure.logs.gb', 20), usd: 59.8 },
  'Log Analytics in West Europe, retention': { region: 'westeurope', usages: use('azure.logs.retain', 30), usd: 3.9 },
  'Functions, Consumption plan': {
    usages: [...use('azure.func.legacy.gbs', 3_540_123 * 0.495 * 0.5), ...use('azure.func.legacy.exec', 3_540_123)],
    usd: 14.73,
  },
  'Functions, Consumption plan after the free grant': {
    freeTier: true,
    usages: [...use('azure.func.legacy.gbs', 3 * M * 1.5), ...use('azure.func.legacy.exec', 3 * M)],
    usd: 66,
  },
  'Flex Consumption, an always ready instance': {
    usages: use('azure.flex.ar.idle', MONTH * 0.5),
    usd: 5.26,
  },
  ...containerAppsExamples(),
  'Azure ML': { usages: use('azure.vm.Standard_DS3_v2', 1080), region: 'eastus2', usd: 247.32 },
  'a rule above five and an address on Azure': {
    usages: [...use('azure.lb.rule.extra', H), ...use('azure.ip', H)],
    usd: 10.95,
  },
  'Managed Prometheus': { usages: use('azure.prom', 105.6 * M), usd: 1.69 },
  'Lambda, provisioned concurrency of the pricing page, with requests on demand': {
    // The free tier applies to the requests on demand only. Their compute stays below it.
    usages: [
      ...provisionedConcurrency({
        architecture: 'x86',
        environments: 100,
        memoryMib: 1536,
        provisionedSeconds: 8 * 3600,
        requests: 500_000,
        seconds: 0.1,
      }),
      ...use('aws.lambda.x86.gbs', 2.5 * M * 0.12 * 1.5 - 400_000),
      ...use('aws.lambda.request', 2.5 * M - 1 * M),
    ],
    usd: 19.96,
  },
};

function containerAppsExamples(): Readonly<Record<string, Example>> {
  const replica = (vcpu: number, state: { activeSeconds?: number; idleSeconds?: number }): Usage[] =>
    containerApps({ activeSeconds: 0, idleSeconds: 0, ...state, requests: 0, vcpu, memoryGib: 2 * vcpu });
  return {
    'Container Apps, an idle replica': { usages: replica(0.5, { idleSeconds: MONTH }), usd: 11.83 },
    'Container Apps, an active replica': { usages: replica(0.5, { activeSeconds: MONTH }), usd: 39.42 },
    'Container Apps, an active replica after the free grant': {
      freeTier: true,
      usages: replica(0.5, { activeSeconds: MONTH }),
      usd: 34.02,
    },
    'Container Apps, an idle replica after the free grant': {
      freeTier: true,
      // The grant of 180,000 vCPU-seconds covers active and idle time.
      usages: [...use('azure.aca.vcpu.idle', 0.5 * MONTH - 180_000), ...use('azure.aca.gib', MONTH)],
      usd: 10.21,
    },
    'Container Apps, a large idle replica': { usages: replica(2, { idleSeconds: MONTH }), usd: 47.3 },
    'Container Apps in West Europe, idle': {
      region: 'westeurope',
      usages: replica(1, { idleSeconds: MONTH }),
      usd: 31.54,
    },
    'Container Apps in West Europe, active': {
      region: 'westeurope',
      usages: replica(1, { activeSeconds: MONTH }),
      usd: 110.38,
    },
  };
}

test.each(Object.entries(EXAMPLES))('the bill of %s', (_name, { region, freeTier, usages, usd }) => {
  const { monthlyUsd, unpriced } = bill(usages, { prices: DEFAULT_PRICES, region, freeTier });
  expect(unpriced).toEqual([]);
  expect(Math.abs(monthlyUsd - usd), `${monthlyUsd} instead of ${usd}`).toBeLessThanOrEqual(0.02);
});
