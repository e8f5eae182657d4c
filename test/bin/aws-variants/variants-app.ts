import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  BatchCompute,
  BatchModel,
  ContainerModel,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/index.js';
import type { ServingProps } from '../../../lib/serving/index.js';
import { VARIANTS as BATCH } from '../../lib/aws/batch-variants.js';
import { VARIANTS as CONTAINER, minimal as CONTAINER_MINIMUM } from '../../lib/aws/container-variants.js';
import { VARIANTS as ENDPOINT, minimal as ENDPOINT_MINIMUM } from '../../lib/aws/managed-endpoint-variants.js';
import { VARIANTS as SERVERLESS, minimal as SERVERLESS_MINIMUM } from '../../lib/aws/serverless-variants.js';
import { writePackage } from '../../support/packages.js';

/** What a variant is of. */
export type VariantConstruct = 'serverless' | 'container' | 'endpoint' | 'batch';

/** The name of the stack that a variant is deployed as. */
export const stackName = (construct: VariantConstruct, variant: string) =>
  `${construct}-${variant.replaceAll(/\W+/g, '-')}`;

const VARIANTS = { serverless: SERVERLESS, container: CONTAINER, endpoint: ENDPOINT, batch: BATCH };

/** The names of the stacks of all variants. */
export const STACK_NAMES = Object.entries(VARIANTS).flatMap(([construct, variants]) =>
  Object.keys(variants).map((variant) => stackName(construct as VariantConstruct, variant)),
);

export interface VariantsOptions {
  /** Where the cloud assembly goes. */
  readonly outdir: string;
  /** Whether every model is a version on, and everything that scales has other bounds. */
  readonly next: boolean;
  /** Whether each stack has a resource that AWS refuses, after everything else is made. @default false */
  readonly broken?: boolean;
  /** One that the account has, for the variants that use one. */
  readonly certificateArn: string;
}

/** Synthesizes one stack for each variant that the tools check. */
export function synthesizeVariants({ outdir, next, broken = false, certificateArn }: VariantsOptions): void {
  // The CLI reads the assets from where they are.
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  const each = <Props>(
    construct: VariantConstruct,
    variants: Readonly<Record<string, (stack: Stack) => Props>>,
    build: (stack: Stack, props: Props) => void,
  ) => {
    for (const [variant, props] of Object.entries(variants)) {
      const stack = new Stack(app, stackName(construct, variant));
      build(stack, props(stack));
      if (broken) addRefused(stack);
    }
  };
  const served = <Props extends ServingProps>(props: Props, maxReplicas?: number): Props =>
    next ? nextOf({ maxReplicas, ...props }) : props;
  each('serverless', SERVERLESS, (stack, props) => {
    new ServerlessModel(stack, 'Iris', served({ ...SERVERLESS_MINIMUM, ...props }));
  });
  each('container', CONTAINER, (stack, props) => {
    const certificate = props.certificate && Certificate.fromCertificateArn(stack, 'Own', certificateArn);
    new ContainerModel(stack, 'Iris', served({ ...CONTAINER_MINIMUM, ...props, certificate }, 4));
  });
  each('endpoint', ENDPOINT, (stack, props) => {
    new ManagedEndpointModel(stack, 'Iris', served({ ...ENDPOINT_MINIMUM, ...props }));
  });
  each('batch', BATCH, (stack, { compute, ...props }) => {
    const { settings } = compute;
    const options = settings.kind === 'transform' && settings.options;
    new BatchModel(stack, 'Batch', {
      ...props,
      compute: options && next ? BatchCompute.transform({ ...options, model: nextVersion(options.model) }) : compute,
      timeout: next ? Duration.hours(48) : undefined,
    });
  });
  app.synth();
}

/** Adds a log group with a name that CloudWatch does not allow, as only the deployment knows. It is made last. */
function addRefused(stack: Stack): void {
  const others = stack.node.children;
  new LogGroup(stack, 'Refused', { logGroupName: `not allowed in ${stack.region}` }).node.addDependency(...others);
}

/** The same files, packed as another version. */
function nextVersion(model: Model): Model {
  const { files, digest: _, ...fields } = model.manifest;
  const content = Object.fromEntries(files.map(({ path }) => [path, readFileSync(join(model.directory, path))]));
  const version = `${Number(fields.version) + 1}`;
  return Model.fromDirectory(writePackage({ ...fields, version, content }), { trustPickle: true });
}

/** The same props with the model's next version, and one replica more at least and twice as many at most. */
function nextOf<Props extends ServingProps>(props: Props): Props {
  const { model, minReplicas, maxReplicas } = props;
  return {
    ...props,
    model: nextVersion(model),
    minReplicas: minReplicas && minReplicas + 1,
    maxReplicas: maxReplicas && maxReplicas * 2,
  };
}
