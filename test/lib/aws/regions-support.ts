import { App, Stack } from 'aws-cdk-lib';
import {
  BatchCompute,
  BatchModel,
  ContainerModel,
  type ContainerModelProps,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
  type ServerlessFront,
  ServerlessModel,
  type TransformOptions,
} from '../../../lib/aws/index.js';
import { ImageSource, ValidationError } from '../../../lib/serving/index.js';
import { minimal as service } from './container-variants.js';
import { bucket, minimal as endpoint, model } from './managed-endpoint-variants.js';

/** What is made in a stack. */
export type Make = (stack: Stack) => unknown;

export type Context = { readonly [key: string]: unknown };

export function stackIn(region?: string, context: Context = {}): Stack {
  // Nobody uploads assets, which need not be copied for each test.
  const app = new App({ analyticsReporting: false, context: { ...context, 'aws:cdk:disable-asset-staging': true } });
  return new Stack(app, 'S', { env: { region } });
}

/** `prop: CODE: message` of everything that is wrong. */
export function told(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.faults.map(({ prop, code, message }) => `${prop}: ${code}: ${message}`);
  }
  return [];
}

/** An image that an endpoint in the region pulls. */
export const imageIn = (region = 'eu-west-1') =>
  ImageSource.fromRegistry(`123456789012.dkr.ecr.${region}.amazonaws.com/modelship/runtime:1`);

export const container =
  (props: Partial<ContainerModelProps> = {}): Make =>
  (stack) =>
    new ContainerModel(stack, 'Iris', { ...service, ...props });

export const managed =
  (props: Partial<ManagedEndpointModelProps> = {}): Make =>
  (stack) =>
    new ManagedEndpointModel(stack, 'Iris', { ...endpoint, image: imageIn(stack.region), ...props });

export const serverless =
  (front: ServerlessFront): Make =>
  (stack) =>
    new ServerlessModel(stack, 'Iris', { model, front });

export const transform =
  (options: Partial<TransformOptions>): Make =>
  (stack) =>
    new BatchModel(stack, 'Batch', {
      compute: BatchCompute.transform({ model, image: imageIn(stack.region), ...options }),
      inputBucket: bucket(stack),
    });
