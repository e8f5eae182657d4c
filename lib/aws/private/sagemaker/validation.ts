import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MODEL_VARIABLES } from '../../../serving/model-variables.js';
import { SERVING_PROPS } from '../../../serving/serving-prop-names.js';
import { Validator } from '../../../serving/validation.js';
import type { EndpointMode } from '../../endpoint-mode.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { checkLogRetention } from '../log-retention.js';
import { instanceType, type Replicas } from './instances.js';
import { ENDPOINT_NAME, isGpu, SAGEMAKER } from './limits.js';
import { checkMode } from './mode-validation.js';
import { checkRegion } from './region-validation.js';
import { checkSize } from './size-validation.js';

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
  const validator = new Validator(`ManagedEndpointModel at ${scope.node.path}`, Token.isUnresolved);
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
  checkMode(validator, props, mode, replicas);
  checkRegion(validator, scope, props, mode);
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
