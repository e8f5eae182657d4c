import type { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ServerlessFront } from '../../../lib/aws/front.js';
import { BatchCompute, type BatchModelProps, ContainerModel, ServerlessModel } from '../../../lib/aws/index.js';
import { ImageSource } from '../../../lib/serving/index.js';
import { minimal as container } from './container-variants.js';
import { bucket, IMAGE, model } from './managed-endpoint-variants.js';

/** Every variant of the construct that the tools check. */
export const VARIANTS: Readonly<Record<string, (stack: Stack) => BatchModelProps>> = {
  'by a function behind a REST API': (stack) => ({
    compute: BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model })),
    inputBucket: bucket(stack),
  }),
  'by a function behind an HTTP API': (stack) => ({
    compute: BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model, front: ServerlessFront.httpApi() })),
    inputBucket: bucket(stack),
  }),
  'by a service on ECS': (stack) => ({
    compute: BatchCompute.container(new ContainerModel(stack, 'Iris', container), { maxConcurrency: 50 }),
    inputBucket: bucket(stack),
    outputBucket: bucket(stack, 'Output'),
  }),
  'by a transform job': (stack) => ({
    compute: BatchCompute.transform({ model, image: ImageSource.fromRegistry(IMAGE) }),
    inputBucket: bucket(stack),
  }),
  'by a transform job, encrypted': (stack) => ({
    compute: BatchCompute.transform({ model, image: ImageSource.fromRegistry(IMAGE) }),
    inputBucket: bucket(stack),
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  }),
};
