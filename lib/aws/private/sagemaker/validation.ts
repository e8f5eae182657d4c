import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MODEL_VARIABLES } from '../../../serving/model-variables.js';
import { SERVING_PROPS } from '../../../serving/serving-prop-names.js';
import { Validator } from '../../../serving/validation.js';
import type { EndpointMode } from '../../endpoint-mode.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { checkLogRetention } from '../log-retention.js';
import { type Ceiling, checkMemory, checkPayload } from '../preflight.js';
import type { PulledImage } from '../pulled-image.js';
import { instanceType, type Replicas } from './instances.js';
import { ENDPOINT_NAME, INSTANCE_TYPE, isGpu, SAGEMAKER, WEIGHT } from './limits.js';
import { MAIN_VARIANT } from './variants.js';

const PROPS: Readonly<Record<keyof ManagedEndpointModelProps, true>> = {
  ...SERVING_PROPS,
  mode: true,
  server: true,
  image: true,
  modelData: true,
  endpointName: true,
  dataCapture: true,
  explanations: true,
  rollingUpdate: true,
  rollbackAlarms: true,
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  networkIsolation: true,
  encryptionKey: true,
  startupSeconds: true,
  downloadSeconds: true,
  alarmActions: true,
};

/** @throws ValidationError with everything that SageMaker would refuse or ignore */
export function validateManagedEndpoint(
  scope: Construct,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
  replicas: Replicas,
): void {
  const validator = subject(scope);
  validator.knownProps(props, Object.keys(PROPS));
  validator.text('endpointName', props.endpointName, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
  checkLogRetention(validator, props.logRetentionDays);
  validator.number('startupSeconds', props.startupSeconds, SAGEMAKER.startupSeconds);
  validator.number('downloadSeconds', props.downloadSeconds, SAGEMAKER.startupSeconds);
  checkCallers(validator, props);
  checkReplicas(validator, props, mode, replicas);
  checkServer(validator, props, mode);
  checkModelData(validator, props, mode);
  checkSize(validator, props, mode);
  checkRollout(validator, props, mode);
  checkNetwork(validator, props);
  checkEnvironment(validator, props);
  checkExplanations(validator, props, mode);
  if (props.dataCapture) {
    validator.number('dataCapture.samplingPercent', props.dataCapture.samplingPercent, SAGEMAKER.percent);
  }
  if (mode.kind === 'realTime') checkRealTime(validator, mode);
  if (mode.kind === 'serverless') checkServerless(validator, props, mode, replicas);
  if (mode.kind === 'asynchronous') checkAsynchronous(validator, mode);
  if (mode.kind === 'inferenceComponents') checkComponents(validator, mode);
  validator.throwIfAny();
}

function checkCallers(validator: Validator, props: ManagedEndpointModelProps): void {
  const { access, throttle } = props;
  validator.check(
    access === undefined || access.kind === 'cloudIdentity',
    'access',
    'UNSUPPORTED_ACCESS',
    `got ${access?.kind}; SageMaker lets callers in by IAM alone, so only Access.cloudIdentity() is allowed. ` +
      'ServerlessModel and ContainerModel of modelship/aws take the others',
  );
  validator.check(
    throttle === undefined,
    'throttle',
    'UNSUPPORTED_THROTTLE',
    'SageMaker does not count the requests of callers; leave it out, and limit `maxReplicas`. ' +
      'ServerlessModel of modelship/aws throttles',
  );
}

function checkReplicas(
  validator: Validator,
  { minReplicas, maxReplicas, timeoutSeconds }: ManagedEndpointModelProps,
  mode: EndpointMode,
  replicas: Replicas,
): void {
  const asynchronous = mode.kind === 'asynchronous';
  validator.number(
    'timeoutSeconds',
    timeoutSeconds,
    asynchronous ? SAGEMAKER.asynchronousTimeoutSeconds : SAGEMAKER.realTimeTimeoutSeconds,
  );
  const ranges = {
    realTime: [SAGEMAKER.instances, SAGEMAKER.instances],
    serverless: [SAGEMAKER.serverlessProvisioned, SAGEMAKER.serverlessConcurrency],
    asynchronous: [SAGEMAKER.asynchronousInstances, SAGEMAKER.instances],
    inferenceComponents: [SAGEMAKER.copies, { ...SAGEMAKER.copies, min: 1 }],
  }[mode.kind];
  validator.number('minReplicas', minReplicas, ranges[0]!);
  validator.number('maxReplicas', maxReplicas, ranges[1]!);
  validator.check(
    Token.isUnresolved(replicas.min) || Token.isUnresolved(replicas.max) || replicas.min <= replicas.max,
    'maxReplicas',
    'LESS_THAN_MINIMUM',
    `got ${replicas.max}, less than the ${replicas.min} of minReplicas; raise one or lower the other`,
  );
}

function checkServer(validator: Validator, { server, image, model }: ManagedEndpointModelProps, mode: EndpointMode) {
  const spec = server?.spec;
  if (!spec) return;
  validator.check(
    spec.sageMakerEnvironment !== undefined,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} has no image for SageMaker; use ContainerModel, or ModelServer.modelship()`,
  );
  validator.check(
    spec.formats?.includes(model.manifest.format) ?? true,
    'server',
    'UNSUPPORTED_FORMAT',
    `${spec.name} cannot load ${model.manifest.format}; it loads ${spec.formats?.join(', ')}. ModelServer.modelship() loads every format`,
  );
  validator.check(
    image === undefined || spec.image === undefined,
    'image',
    'CONFLICT',
    `${spec.name} names its own image; pass it to ModelServer instead`,
  );
  const type = instanceType(mode);
  validator.check(
    !spec.needsGpu || (type !== undefined && (Token.isUnresolved(type) || isGpu(type))),
    'mode',
    'NO_GPU',
    `${spec.name} needs a GPU, which ${type ?? 'a serverless endpoint'} does not have; use EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' })`,
  );
}

/** @throws ValidationError if SageMaker cannot pull the image */
export function requireEcr(scope: Construct, { uri, repositoryArn, region: imageRegion }: PulledImage): void {
  const validator = subject(scope);
  validator.check(
    repositoryArn !== undefined || Token.isUnresolved(uri),
    'image',
    'NOT_IN_ECR',
    `got ${uri}; SageMaker pulls from ECR only. Copy the image into a repository of yours, or take a deep-learning ` +
      'container of AWS, such as 763104351884.dkr.ecr.eu-west-1.amazonaws.com/…',
  );
  const region = Stack.of(scope).region;
  validator.check(
    imageRegion === undefined || Token.isUnresolved(region) || imageRegion === region,
    'image',
    'WRONG_REGION',
    `got one in ${imageRegion}; SageMaker in ${region} pulls from ECR in ${region} only. Let ECR replicate it there`,
  );
  validator.throwIfAny();
}

const subject = (scope: Construct) => new Validator(`ManagedEndpointModel at ${scope.node.path}`, Token.isUnresolved);

function checkModelData(validator: Validator, { modelData, model }: ManagedEndpointModelProps, mode: EndpointMode) {
  if (mode.kind !== 'serverless') return;
  validator.check(
    modelData === undefined || modelData.kind === 'package',
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'a SageMaker serverless endpoint takes one .tar.gz only; use EndpointModelData.fromPackage() or EndpointMode.realTime()',
  );
  validator.check(
    model.sizeBytes <= SAGEMAKER.serverlessContainerBytes,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes; a SageMaker serverless endpoint holds ${SAGEMAKER.serverlessContainerBytes} with its image. Use EndpointMode.realTime()`,
  );
}

/** The largest request of each mode, and what takes a larger one. */
const PAYLOADS: Readonly<Record<EndpointMode['kind'], Ceiling & { readonly maxBytes: number }>> = {
  serverless: {
    maxBytes: SAGEMAKER.serverlessPayloadBytes,
    what: 'a request to a SageMaker serverless endpoint',
    instead: 'use EndpointMode.realTime(), which takes 6 MiB, or .asynchronous(), which takes 1 GiB',
  },
  realTime: {
    maxBytes: SAGEMAKER.realTimePayloadBytes,
    what: 'a request to a SageMaker endpoint',
    instead: 'use EndpointMode.asynchronous(), which takes 1 GiB, or ContainerModel with Access.jwt() or .anonymous()',
  },
  inferenceComponents: {
    maxBytes: SAGEMAKER.realTimePayloadBytes,
    what: 'a request to a SageMaker endpoint',
    instead: 'use EndpointMode.asynchronous(), which takes 1 GiB, or ContainerModel with Access.jwt() or .anonymous()',
  },
  asynchronous: {
    maxBytes: SAGEMAKER.asynchronousPayloadBytes,
    what: 'a request to a SageMaker asynchronous endpoint',
    instead: 'use ContainerModel with Access.jwt() or .anonymous()',
  },
};

/** Whether a row of the model's inputs fits into a request, and the model where its memory is chosen here. */
function checkSize(
  validator: Validator,
  { model, modelData, server }: ManagedEndpointModelProps,
  mode: EndpointMode,
): void {
  const { maxBytes, ...ceiling } = PAYLOADS[mode.kind];
  // Of many models, the one of the props only names the endpoint.
  if (modelData?.kind === 'multiModel') return;
  checkPayload(validator, model, maxBytes, ceiling);
  if (server && server.layout(model).length === 0) return;
  if (mode.kind === 'serverless') {
    checkMemory(validator, model, mode.serverlessOptions?.memoryMib ?? 2048, {
      what: 'a serverless endpoint',
      instead: 'raise `mode.memoryMib`, up to 6144, or use EndpointMode.realTime()',
    });
  }
  if (mode.kind === 'inferenceComponents') {
    checkMemory(validator, model, mode.inferenceComponentOptions?.memoryMib ?? 1024, {
      what: 'a copy of it',
      instead: 'raise `mode.memoryMib`',
    });
  }
}

function checkRollout(validator: Validator, props: ManagedEndpointModelProps, mode: EndpointMode): void {
  const { rollout, rollingUpdate, rollbackAlarms = [] } = props;
  const gradual = rollout !== undefined && rollout.kind !== 'allAtOnce';
  validator.check(
    !gradual || mode.kind !== 'inferenceComponents',
    'rollout',
    'UNSUPPORTED_ROLLOUT',
    'SageMaker replaces copies of an inference component in batches; leave it out and use `rollingUpdate`',
  );
  if (rollout?.canaryOptions) {
    validator.number('rollout.percent', rollout.canaryOptions.percent, SAGEMAKER.canaryPercent);
    validator.number('rollout.bakeMinutes', rollout.canaryOptions.bakeMinutes, SAGEMAKER.waitMinutes);
  }
  if (rollout?.linearOptions) {
    validator.number('rollout.stepPercent', rollout.linearOptions.stepPercent, SAGEMAKER.linearPercent);
    validator.number('rollout.intervalMinutes', rollout.linearOptions.intervalMinutes, SAGEMAKER.waitMinutes);
  }
  if (rollingUpdate) {
    validator.number('rollingUpdate.batchPercent', rollingUpdate.batchPercent, SAGEMAKER.rollingPercent);
    validator.number('rollingUpdate.intervalMinutes', rollingUpdate.intervalMinutes, SAGEMAKER.waitMinutes);
    validator.check(!gradual, 'rollingUpdate', 'CONFLICT', 'got `rollout` too; SageMaker takes one of the two');
    validator.check(
      mode.kind !== 'serverless' && !mode.realTimeOptions?.variants?.length && !mode.realTimeOptions?.shadow,
      'rollingUpdate',
      'UNSUPPORTED_ROLLOUT',
      'SageMaker does not roll serverless endpoints and endpoints of several variants; use `rollout`',
    );
  }
  validator.check(
    rollbackAlarms.length <= SAGEMAKER.rollbackAlarms,
    'rollbackAlarms',
    'TOO_MANY',
    `got ${rollbackAlarms.length}; SageMaker allows ${SAGEMAKER.rollbackAlarms}. Combine some in a CompositeAlarm`,
  );
}

function checkNetwork(validator: Validator, props: ManagedEndpointModelProps): void {
  validator.check(
    props.vpc !== undefined || (props.vpcSubnets === undefined && props.securityGroups === undefined),
    'vpc',
    'MISSING',
    'got `vpcSubnets` or `securityGroups` without it; give the VPC that they are in',
  );
}

/** Variables that the construct or the host sets, and that would be lost or would break the endpoint. */
const RESERVED: readonly string[] = [...MODEL_VARIABLES, ENVIRONMENT.port, ENVIRONMENT.timeoutSeconds];

function checkEnvironment(validator: Validator, { environment = {} }: ManagedEndpointModelProps): void {
  const { entries, keyLength, valueLength } = SAGEMAKER.environment;
  validator.check(
    Object.keys(environment).length <= entries - RESERVED.length,
    'environment',
    'TOO_MANY',
    `got ${Object.keys(environment).length} variables; SageMaker allows ${entries}, of which the construct sets ${RESERVED.length}`,
  );
  for (const [name, value] of Object.entries(environment)) {
    const prop = `environment.${name}`;
    validator.check(!RESERVED.includes(name), prop, 'RESERVED', 'the construct sets this variable; leave it out');
    validator.check(
      name.length <= keyLength && (Token.isUnresolved(value) || value.length <= valueLength),
      prop,
      'TOO_LONG',
      `SageMaker allows names of ${keyLength} and values of ${valueLength} characters`,
    );
  }
}

function checkExplanations(validator: Validator, props: ManagedEndpointModelProps, mode: EndpointMode): void {
  const { explanations } = props;
  if (!explanations) return;
  validator.check(
    mode.kind === 'realTime',
    'explanations',
    'UNSUPPORTED_MODE',
    `got EndpointMode.${mode.kind}(); SageMaker Clarify explains real-time endpoints only`,
  );
  validator.check(
    explanations.baseline.length <= SAGEMAKER.baselineLength,
    'explanations.baseline',
    'TOO_LONG',
    `got ${explanations.baseline.length} characters; SageMaker allows ${SAGEMAKER.baselineLength}`,
  );
  validator.check(
    (explanations.when?.length ?? 0) <= SAGEMAKER.explainExpressionLength,
    'explanations.when',
    'TOO_LONG',
    `got ${explanations.when?.length} characters; SageMaker allows ${SAGEMAKER.explainExpressionLength}`,
  );
}

function checkRealTime(validator: Validator, mode: EndpointMode): void {
  const options = mode.realTimeOptions ?? {};
  const { variants = [], shadow } = options;
  validator.text('mode.instanceType', options.instanceType, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
  validator.number('mode.concurrencyPerInstance', options.concurrencyPerInstance, SAGEMAKER.requestsPerInstance);
  validator.number('mode.volumeGib', options.volumeGib, SAGEMAKER.volumeGib);
  validator.number('mode.weight', options.weight, WEIGHT);
  validator.check(
    variants.length < SAGEMAKER.variants,
    'mode.variants',
    'TOO_MANY',
    `got ${variants.length}; SageMaker allows ${SAGEMAKER.variants} with the endpoint's own`,
  );
  validator.check(
    shadow === undefined || variants.length === 0,
    'mode.shadow',
    'CONFLICT',
    'got `variants` too; SageMaker allows a shadow beside one production variant only',
  );
  const names = [MAIN_VARIANT, ...variants.map(({ name }) => name), ...(shadow ? [shadow.name] : [])];
  for (const [index, { name, weight, instanceType: type }] of variants.entries()) {
    const prop = `mode.variants.${index}`;
    validator.text(`${prop}.name`, name, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
    validator.text(`${prop}.instanceType`, type, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
    validator.number(`${prop}.weight`, weight, WEIGHT);
  }
  validator.check(
    new Set(names).size === names.length,
    'mode.variants',
    'DUPLICATE',
    `got the names ${names.join(', ')}; each must be another one, and ${MAIN_VARIANT} is the endpoint's own`,
  );
  if (shadow) {
    validator.text('mode.shadow.name', shadow.name, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
    validator.number('mode.shadow.samplingPercent', shadow.samplingPercent, SAGEMAKER.percent);
    validator.number('mode.shadow.instanceCount', shadow.instanceCount, SAGEMAKER.instances);
  }
}

function checkServerless(
  validator: Validator,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
  replicas: Replicas,
): void {
  const { memoryMib, maxProvisionedConcurrency } = mode.serverlessOptions ?? {};
  validator.check(
    memoryMib === undefined ||
      Token.isUnresolved(memoryMib) ||
      SAGEMAKER.serverlessMemoryMib.some((m) => m === memoryMib),
    'mode.memoryMib',
    'OUT_OF_RANGE',
    `got ${memoryMib}; a SageMaker serverless endpoint allows ${SAGEMAKER.serverlessMemoryMib.join(', ')}`,
  );
  validator.number('mode.maxProvisionedConcurrency', maxProvisionedConcurrency, {
    min: Math.max(replicas.min, 1),
    max: replicas.max,
    source: '`minReplicas` and `maxReplicas`',
  });
  validator.check(
    maxProvisionedConcurrency === undefined || replicas.min > 0,
    'mode.maxProvisionedConcurrency',
    'MISSING',
    'it needs `minReplicas` of at least 1, because provisioned concurrency does not scale from zero',
  );
  for (const prop of ['vpc', 'dataCapture', 'networkIsolation'] as const) {
    validator.check(
      !props[prop],
      prop,
      'UNSUPPORTED_MODE',
      'a SageMaker serverless endpoint does not support it; leave it out or use EndpointMode.realTime()',
    );
  }
}

function checkAsynchronous(validator: Validator, mode: EndpointMode): void {
  const options = mode.asynchronousOptions;
  validator.text('mode.instanceType', options?.instanceType, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
  validator.number('mode.concurrencyPerInstance', options?.concurrencyPerInstance, SAGEMAKER.requestsPerInstance);
  validator.number('mode.backlogPerInstance', options?.backlogPerInstance, {
    min: 1,
    max: 1_000_000,
    source: 'this construct',
  });
  for (const prop of ['inputPrefix', 'outputPrefix'] as const) {
    validator.text(
      `mode.${prop}`,
      options?.[prop],
      /^[^/].*\/$/,
      'a prefix ends in a slash and does not start with one',
    );
  }
}

function checkComponents(validator: Validator, mode: EndpointMode): void {
  const options = mode.inferenceComponentOptions ?? {};
  validator.text('mode.instanceType', instanceType(mode), INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
  validator.number('mode.memoryMib', options.memoryMib, SAGEMAKER.componentMemoryMib);
  validator.number('mode.cpu', options.cpu, SAGEMAKER.componentCpu);
  validator.number('mode.gpuCount', options.gpuCount, SAGEMAKER.gpus);
  const type = instanceType(mode)!;
  validator.check(
    !options.gpuCount || Token.isUnresolved(type) || isGpu(type),
    'mode.gpuCount',
    'NO_GPU',
    `${type} has none; take an \`instanceType\` of the families g or p, such as ml.g5.xlarge`,
  );
  validator.number('mode.minInstances', options.minInstances, SAGEMAKER.copies);
  validator.number('mode.maxInstances', options.maxInstances, SAGEMAKER.instances);
}
