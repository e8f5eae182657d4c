import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type InterfaceVpcEndpointService,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  BatchCompute,
  BatchModel,
  ContainerCapacity,
  ContainerModel,
  EndpointMode,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import type { Model, ModelEndpoint } from '../../../lib/index.js';
import { type ImageSource, Rollout } from '../../../lib/serving/index.js';

/** Tag of every resource that the run creates, by which it finds what is left. */
export const TAG = { key: 'modelship:integ', value: 'aws' };

/** Props that depend on the account and on the version of the model. */
export interface StackInputs {
  readonly model: Model;
  readonly image: ImageSource;
  readonly architecture: Architecture;
}

/** Stack that the run deploys, updates and destroys. */
export interface IntegStack {
  readonly name: string;
  readonly build: (stack: Stack, inputs: StackInputs) => ModelEndpoint;
}

/** Stack that answers a question about AWS which its documentation leaves open. */
export interface QuestionStack extends IntegStack {
  readonly question: string;
  /** Whether the update to the second version answers the question. Otherwise the first deployment does. */
  readonly isAnsweredByUpdate: boolean;
  /** Regions that can answer the question. @default - all */
  readonly regions?: RegExp;
}

const rollout = Rollout.canary({ percent: 50, bakeMinutes: 2 });
const fargate = ContainerCapacity.fargate({ cpu: 0.5, memoryMib: 1024 });

/** VPC without a route to the internet, with the endpoints that `ContainerModel` gives a VPC of its own. */
function isolatedVpc(stack: Stack): Vpc {
  const vpc = new Vpc(stack, 'Vpc', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
    gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
  });
  const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS } = InterfaceVpcEndpointAwsService;
  const services: Record<string, InterfaceVpcEndpointService> = { Ecr: ECR, Docker: ECR_DOCKER, Logs: CLOUDWATCH_LOGS };
  for (const [id, service] of Object.entries(services)) vpc.addInterfaceEndpoint(id, { service });
  return vpc;
}

/** The smallest stack of each construct. */
export const STACKS: readonly IntegStack[] = [
  {
    name: 'serverless',
    build: (stack, { model, architecture }) =>
      new ServerlessModel(stack, 'Iris', { model, architecture, rollout, dashboard: false }),
  },
  {
    name: 'container',
    build: (stack, { model, image }) =>
      new ContainerModel(stack, 'Iris', { model, image, rollout, capacity: fargate, dashboard: false }),
  },
  {
    name: 'endpoint',
    // SageMaker shifts whole instances: with two of them, half of the capacity is one.
    build: (stack, { model, image }) =>
      new ManagedEndpointModel(stack, 'Iris', { model, image, rollout, minReplicas: 2, dashboard: false }),
  },
  {
    name: 'batch',
    build: (stack, { model, architecture }) => {
      const service = new ServerlessModel(stack, 'Iris', { model, architecture, dashboard: false });
      const inputBucket = new Bucket(stack, 'Rows', { enforceSSL: true });
      new BatchModel(stack, 'Batch', { compute: BatchCompute.serverless(service), inputBucket });
      return service;
    },
  },
];

/** Stacks whose deployment is the answer to a question. */
export const QUESTIONS: readonly QuestionStack[] = [
  {
    name: 'one-instance',
    question: 'Does SageMaker accept a canary of 10 % of an endpoint with one instance?',
    isAnsweredByUpdate: true,
    build: (stack, { model, image }) =>
      new ManagedEndpointModel(stack, 'Iris', {
        model,
        image,
        rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }),
        dashboard: false,
      }),
  },
  {
    name: 'one-copy',
    question: 'Does SageMaker replace the only copy of an inference component, if a batch is 50 % of the copies?',
    isAnsweredByUpdate: true,
    build: (stack, { model, image }) =>
      new ManagedEndpointModel(stack, 'Iris', {
        model,
        image,
        mode: EndpointMode.inferenceComponents(),
        dashboard: false,
      }),
  },
  {
    name: 'explainer',
    question: 'Does the explainer of SageMaker Clarify run on Graviton?',
    isAnsweredByUpdate: false,
    build: (stack, { model, image }) =>
      new ManagedEndpointModel(stack, 'Iris', {
        model,
        image,
        explanations: { baseline: '0,0,0,0', featureHeaders: ['a', 'b', 'c', 'd'], seed: 1 },
        dashboard: false,
      }),
  },
  {
    name: 'china-key',
    question: 'Does CloudWatch Logs in China use a key whose policy names the principal that the constructs write?',
    isAnsweredByUpdate: false,
    regions: /^cn-/,
    build: (stack, { model, architecture }) => {
      const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
      return new ServerlessModel(stack, 'Iris', { model, architecture, encryptionKey, dashboard: false });
    },
  },
  {
    name: 'service-connect',
    question: 'Does Service Connect work in a VPC with endpoints for ECR, CloudWatch Logs and S3 only?',
    isAnsweredByUpdate: false,
    build: (stack, { model, image }) => {
      const cluster = new Cluster(stack, 'Cluster', { vpc: isolatedVpc(stack) });
      const serviceConnectNamespace = 'modelship-integ.local';
      cluster.addDefaultCloudMapNamespace({ name: serviceConnectNamespace, useForServiceConnect: true });
      return new ContainerModel(stack, 'Iris', {
        model,
        image,
        cluster,
        serviceConnectNamespace,
        capacity: fargate,
        dashboard: false,
      });
    },
  },
  {
    name: 'provisioned',
    question: 'Does CodeDeploy shift an alias with provisioned concurrency gradually?',
    isAnsweredByUpdate: true,
    build: (stack, { model, architecture }) =>
      new ServerlessModel(stack, 'Iris', { model, architecture, rollout, minReplicas: 1, dashboard: false }),
  },
];

/** Name of the CloudFormation stack. */
export const stackName = (name: string) => `modelship-integ-${name}`;

/** Synthesizes every stack into the cloud assembly `outdir`. Returns the annotations by stack name. */
export function synthesize(outdir: string, inputs: StackInputs): ReadonlyMap<string, readonly string[]> {
  // The CLI reads the assets from where they are.
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  for (const { name, build } of [...STACKS, ...QUESTIONS]) {
    const description = 'Created by npm run integ -- aws; safe to delete';
    // CloudFormation gives the tags of a stack to all of its resources.
    const stack = new Stack(app, stackName(name), { description, tags: { [TAG.key]: TAG.value } });
    const { predictUrl } = build(stack, inputs);
    if (predictUrl) new CfnOutput(stack, 'predictUrl', { value: predictUrl });
  }
  const { stacks } = app.synth();
  return new Map(
    stacks.map(({ stackName: name, messages }) => [name, messages.map(({ entry }) => String(entry.data))]),
  );
}
