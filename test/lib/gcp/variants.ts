import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import type { TerraformStack } from 'cdktf';
import {
  BatchCompute,
  BatchModel,
  type GoogleServingProps,
  Gpu,
  Ingress,
  ManagedEndpointModel,
  ServerlessModel,
  VpcEgress,
  WebAcl,
} from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access } from '../../../lib/serving/access.js';
import { writePackage } from '../../support/packages.js';
import { googleStack, KEY, minimal, REGION } from './support.js';

/** A stack in which a construct is used in one particular way. */
export interface Variant {
  readonly name: string;
  /**
   * @param version version of the model that is deployed
   * @param added props besides the variant's. The function may add to the stack before the construct.
   */
  make(version?: string, added?: (stack: TerraformStack) => Partial<GoogleServingProps>): TerraformStack;
}

const MODELS = new Map<string, Model>();

/** A model that differs from others by its version. */
export function modelOf(version: string): Model {
  const found = MODELS.get(version) ?? Model.fromDirectory(writePackage({ version }));
  MODELS.set(version, found);
  return found;
}

/** A variant whose construct `make` adds to the stack. */
export function variant(name: string, make: (stack: TerraformStack, props: GoogleServingProps) => unknown): Variant {
  return {
    name,
    make(version = '1', added) {
      const stack = googleStack();
      make(stack, { ...minimal, model: modelOf(version), ...added?.(stack) });
      return stack;
    },
  };
}

/** A bucket of the user. */
function bucketOf(stack: TerraformStack, id: string): string {
  const name = `${id.toLowerCase()}-of-project-a`;
  return new StorageBucket(stack, id, { name, location: REGION, uniformBucketLevelAccess: true }).name;
}

/** Secret in Secret Manager that a variant reads. */
export const SECRET = 'hub-token';
const ACCOUNT = 'serviceAccount:caller@other-project.iam.gserviceaccount.com';

/** Every default stack without a cluster, and stacks that use what the defaults leave out. */
export const VARIANTS: readonly Variant[] = [
  variant('Cloud Run', (stack, props) => new ServerlessModel(stack, 'Iris', props)),
  variant(
    'Cloud Run with an image that is built',
    (stack, props) => new ServerlessModel(stack, 'Iris', { ...props, image: undefined }),
  ),
  variant('Cloud Run in a network, with a key of the customer', (stack, props) =>
    new ServerlessModel(stack, 'Iris', {
      ...props,
      encryptionKey: KEY,
      ingress: Ingress.internal(),
      network: 'default',
      subnetwork: 'default',
      networkTags: ['model'],
      vpcEgress: VpcEgress.all(),
      labels: { team: 'fraud' },
    }).grantInvoke(ACCOUNT),
  ),
  variant(
    'Cloud Run that anyone may call, with an uptime check',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        access: Access.anonymous(),
        uptimeCheck: true,
        minReplicas: 1,
        maxReplicas: 4,
      }),
  ),
  variant(
    'Cloud Run with an uptime check by the identity of Cloud Monitoring',
    (stack, props) => new ServerlessModel(stack, 'Iris', { ...props, uptimeCheck: true }),
  ),
  variant(
    'Cloud Run with a GPU',
    (stack, props) => new ServerlessModel(stack, 'Iris', { ...props, gpu: Gpu.nvidiaL4() }),
  ),
  variant(
    'Cloud Run with a domain, a web ACL, secrets and APIs',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        domainName: 'iris.example.com',
        webAcl: WebAcl.managed(),
        secrets: { HF_TOKEN: SECRET },
        enableApis: true,
      }),
  ),
  variant('Vertex AI', (stack, props) => new ManagedEndpointModel(stack, 'Iris', props)),
  variant(
    'Vertex AI with an image that is built',
    (stack, props) => new ManagedEndpointModel(stack, 'Iris', { ...props, image: undefined }),
  ),
  variant('Vertex AI over Private Service Connect, with a key of the customer', (stack, props) =>
    new ManagedEndpointModel(stack, 'Iris', {
      ...props,
      encryptionKey: KEY,
      privateServiceConnectProjects: ['consumer-project'],
      minReplicas: 2,
      maxReplicas: 4,
      labels: { team: 'fraud' },
      explanations: { samples: 5 },
    }).grantInvoke(ACCOUNT),
  ),
  variant(
    'Cloud Run job',
    (stack, { model, image, ...props }) =>
      new BatchModel(stack, 'Batch', {
        ...props,
        compute: BatchCompute.job({ model, image }),
        inputBucket: bucketOf(stack, 'Rows'),
      }),
  ),
  variant(
    'Cloud Run job on several instances, with an image that is built and a key of the customer',
    (stack, { model, image: _, ...props }) =>
      new BatchModel(stack, 'Batch', {
        ...props,
        compute: BatchCompute.job({ model, instanceCount: 4, cpu: 2, memoryMib: 4096, environment: { LEVEL: 'one' } }),
        inputBucket: bucketOf(stack, 'Rows'),
        inputPrefix: 'rows/',
        outputBucket: bucketOf(stack, 'Predictions'),
        encryptionKey: KEY,
        labels: { team: 'fraud' },
        timeoutSeconds: 3600,
      }).grantStart(ACCOUNT),
  ),
];
