import type { Manifest } from '@modelship/runtime/manifest';
import { App, Stack } from 'aws-cdk-lib';
import { TerraformStack, Testing } from 'cdktf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as aws from '../../../lib/aws/index.js';
import { validateContainer as validateEcs } from '../../../lib/aws/private/ecs/validation.js';
import { validateServerless as validateLambda } from '../../../lib/aws/private/lambda/validation.js';
import { validateManagedEndpoint as validateSageMaker } from '../../../lib/aws/private/sagemaker/validation.js';
import * as azure from '../../../lib/azure/index.js';
import { validateContainer as validateAks } from '../../../lib/azure/private/aks/validation.js';
import { validateManagedEndpoint as validateAzureMl } from '../../../lib/azure/private/ml/validation.js';
import { TARGETS } from '../../../lib/compare/compare.js';
import { LOAD_SHAPES, type Load } from '../../../lib/compare/load.js';
import { obstaclesOf } from '../../../lib/compare/obstacles.js';
import { mostReplicas } from '../../../lib/compare/replicas.js';
import type { Question, ReplicaSize } from '../../../lib/compare/target.js';
import * as gcp from '../../../lib/gcp/index.js';
import { validateCloudRun } from '../../../lib/gcp/private/cloud-run/validation.js';
import { validateGke } from '../../../lib/gcp/private/gke/validation.js';
import { validateVertex } from '../../../lib/gcp/private/vertex/validation.js';
import { Model } from '../../../lib/model/model.js';
import { smallestRequestBytes } from '../../../lib/model/request-size.js';
import { ImageSource } from '../../../lib/serving/image-source.js';
import { ValidationError, Validator } from '../../../lib/serving/validation/validator.js';
import { writePackage } from '../../support/packages.js';
import { ALL } from '../../support/share.js';

const stack = new Stack(new App({ analyticsReporting: false }), 'Aws');
const terraform = new TerraformStack(Testing.app(), 'terraform');

const ECR = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const ARTIFACT_REGISTRY = ImageSource.fromRegistry(
  `us-central1-docker.pkg.dev/project/runtime/runtime@sha256:${'0a'.repeat(32)}`,
);
const SMALL = Model.fromDirectory(writePackage());

/** Returns a model like `SMALL` with other facts. No file is read. */
function modelOf(manifest: Partial<Manifest>): Model {
  return Object.assign(Object.create(Model.prototype), SMALL, { manifest: { ...SMALL.manifest, ...manifest } });
}

/** What a deployment of a target is created with. */
interface Deployment {
  readonly model: Model;
  readonly size: ReplicaSize;
  readonly gpu: boolean;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly timeoutSeconds: number;
}

function onAzure({ model, minReplicas, maxReplicas, timeoutSeconds }: Deployment) {
  return { model, location: 'eastus', minReplicas, maxReplicas, timeoutSeconds };
}

function onGoogle({ model, minReplicas, maxReplicas, timeoutSeconds }: Deployment) {
  return { model, region: 'us-central1', image: ARTIFACT_REGISTRY, minReplicas, maxReplicas, timeoutSeconds };
}

function checkHost(host: azure.ServerlessHost, deployment: Deployment): void {
  const validator = new Validator('ServerlessModel', () => false);
  host.check(validator, onAzure(deployment));
  validator.throwIfAny();
}

/** Validation of the construct of each target, with the size that the comparison names. */
const CREATE: Readonly<Record<string, (deployment: Deployment) => void>> = {
  lambda: ({ size, minReplicas, maxReplicas, ...props }) =>
    validateLambda(stack, {
      model: props.model,
      timeoutSeconds: props.timeoutSeconds,
      memoryMib: size.memoryMib,
      maxReplicas,
    }),
  ecs: ({ size: { vcpu: cpu, memoryMib }, model, minReplicas, maxReplicas, timeoutSeconds }) =>
    validateEcs(stack, {
      ...{ model, minReplicas, maxReplicas, timeoutSeconds, image: ECR },
      capacity: aws.ContainerCapacity.fargate({ cpu, memoryMib }),
    }),
  'ecs-gpu': ({ size, model, minReplicas, maxReplicas, timeoutSeconds }) =>
    validateEcs(stack, {
      ...{ model, minReplicas, maxReplicas, timeoutSeconds, image: ECR },
      capacity: aws.ContainerCapacity.gpu({ instanceType: size.instanceType }),
    }),
  sagemaker: ({ size, model, minReplicas, maxReplicas, timeoutSeconds }) =>
    validateSageMaker(stack, {
      ...{ model, minReplicas, maxReplicas, timeoutSeconds, image: ECR },
      mode: aws.EndpointMode.realTime({ instanceType: size.instanceType }),
    }),
  'sagemaker-serverless': ({ size: { memoryMib }, model, maxReplicas, timeoutSeconds }) =>
    validateSageMaker(stack, {
      ...{ model, maxReplicas, timeoutSeconds, image: ECR },
      mode: aws.EndpointMode.serverless({ memoryMib }),
    }),
  functions: (deployment) => {
    const { memoryMib } = deployment.size;
    checkHost(azure.ServerlessHost.functionsFlexConsumption({ memoryMib: memoryMib as 2048 }), deployment);
  },
  'container-apps': (deployment) => {
    const size = deployment.gpu ? { gpu: azure.Gpu.nvidiaT4() } : { cpu: deployment.size.vcpu };
    checkHost(azure.ServerlessHost.containerApps({ image: ECR, ...size }), deployment);
  },
  aks: (deployment) =>
    validateAks(terraform, {
      ...onAzure(deployment),
      image: ECR,
      cluster: azure.AksCluster.managed({ instanceType: deployment.size.instanceType }),
      ...(deployment.gpu && { gpuCount: 1 }),
    }),
  'azure-ml': (deployment) =>
    validateAzureMl(terraform, { ...onAzure(deployment), image: ECR, instanceType: deployment.size.instanceType }),
  'cloud-run': (deployment) => {
    const { vcpu: cpu, memoryMib } = deployment.size;
    const gpu = deployment.gpu ? gcp.Gpu.nvidiaL4() : undefined;
    validateCloudRun(terraform, { ...onGoogle(deployment), cpu, memoryMib, gpu });
  },
  gke: (deployment) => {
    const { vcpu: cpu, memoryMib } = deployment.size;
    validateGke(terraform, { ...onGoogle(deployment), cpu, memoryMib });
  },
  vertex: (deployment) => {
    const gpu = deployment.gpu ? gcp.Gpu.nvidiaL4() : undefined;
    validateVertex(terraform, { ...onGoogle(deployment), instanceType: deployment.size.instanceType, gpu });
  },
};

/** Numbers whose logarithms are evenly spread, so that values on both sides of every limit are drawn. */
const between = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

interface Case {
  readonly load: Load;
  readonly sizeBytes: number;
  readonly rowBytes: number;
  readonly needsPython: boolean;
  readonly latencySeconds: number;
  readonly cpuShare: number;
  readonly residentMib: number;
}

const CASES: fc.Arbitrary<Case> = fc.record({
  load: fc.record({
    requestsPerSecond: fc.oneof(fc.constant(0), between(1e-4, 1e6)),
    shape: fc.constantFrom(...LOAD_SHAPES),
    requestBytes: fc.option(between(1, 1e9).map(Math.round), { nil: undefined }),
    gpu: fc.boolean(),
  }),
  sizeBytes: between(100, 5e11).map(Math.round),
  rowBytes: between(1, 1e9).map(Math.round),
  needsPython: fc.boolean(),
  latencySeconds: between(1e-4, 2e4),
  cpuShare: between(0.01, 4),
  residentMib: between(50, 5e5),
});

function questionOf({ load, sizeBytes, rowBytes, needsPython, latencySeconds, cpuShare, residentMib }: Case): {
  question: Question;
  model: Model;
} {
  const model = modelOf({
    inputs: [{ name: 'x', datatype: 'UINT8', shape: [-1, rowBytes] }],
    files: [{ path: 'model.onnx', size: sizeBytes, sha256: '0'.repeat(64) }],
    ...(needsPython && { format: 'torchscript' }),
  });
  const question: Question = {
    facts: {
      ...{ name: model.name, version: model.version, digest: model.digest, sizeBytes, needsPython },
      rowBytes: smallestRequestBytes(model.manifest),
    },
    measured: {
      ...{ processor: 'test', node: 'v24', latencySeconds, residentMib, startSeconds: 1, requestBytes: rowBytes },
      cpuSeconds: latencySeconds * cpuShare,
    },
    load,
  };
  return { question, model };
}

test('every target is created by a construct', () => {
  expect(Object.keys(CREATE).sort()).toEqual(TARGETS.map(({ id }) => id).sort());
});

test('a construct accepts what the comparison lists as fitting', () => {
  const fitting = new Map<string, number>();
  fc.assert(
    fc.property(CASES, (drawn) => {
      const { question, model } = questionOf(drawn);
      for (const target of TARGETS) {
        if (obstaclesOf(target, question).length > 0) continue;
        fitting.set(target.id, (fitting.get(target.id) ?? 0) + 1);
        const size = target.size(question);
        const replicas = Math.max(1, mostReplicas(target, question));
        const deployment: Deployment = {
          ...{ model, size, gpu: question.load.gpu, minReplicas: target.minReplicas, maxReplicas: replicas },
          timeoutSeconds: Math.max(1, Math.ceil(drawn.latencySeconds / Math.min(1, size.vcpu))),
        };
        try {
          CREATE[target.id]!(deployment);
        } catch (error) {
          if (error instanceof ValidationError) throw new Error(`${target.id} (${size.label}): ${error.message}`);
          throw error;
        }
      }
    }),
    { numRuns: ALL ? 10_000 : 1000, seed: 20 },
  );
  // Each target fits some of the cases, so that its construct was asked.
  for (const { id } of TARGETS) expect(fitting.get(id), id).toBeGreaterThan(10);
}, 600_000);
