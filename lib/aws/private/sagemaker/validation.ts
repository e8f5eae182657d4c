import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ModelServer } from '../../../serving/servers/model-server.js';
import { MODEL_VARIABLES } from '../../../serving/servers/model-variables.js';
import { SERVING_PROPS } from '../../../serving/validation/serving-prop-names.js';
import { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type { EndpointMode } from '../../mode.js';
import { checkLogRetention } from '../shared/log-retention.js';
import { checkExplanations } from './explanation-validation.js';
import { checkInstances } from './instance-validation.js';
import type { Replicas } from './instances.js';
import { ENDPOINT_NAME, SAGEMAKER } from './limits.js';
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
  checkServerImage(validator, props);
  checkInstances(validator, props, mode, (props.server ?? ModelServer.modelship()).spec);
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

function checkServerImage(validator: Validator, { server }: ManagedEndpointModelProps): void {
  const spec = server?.spec;
  if (!spec) return;
  validator.check(
    spec.sageMakerEnvironment !== undefined,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} has no image for SageMaker; use ContainerModel, or ModelServer.modelship()`,
  );
}

function checkModelData(validator: Validator, { modelData, model }: ManagedEndpointModelProps, mode: EndpointMode) {
  validator.check(
    modelData?.kind !== 'multiModel' || (mode.kind === 'realTime' && !mode.realTimeOptions?.shadow),
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'SageMaker serves many models by real-time endpoints without a shadow only; use EndpointMode.realTime(), or an endpoint for each model',
  );
  if (mode.kind !== 'serverless') return;
  validator.check(
    modelData?.kind !== 'prefix',
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
    checkMinutes(validator, 'rollout.bakeMinutes', rollout.canaryOptions.bakeMinutes);
  }
  if (rollout?.linearOptions) {
    validator.number('rollout.stepPercent', rollout.linearOptions.stepPercent, SAGEMAKER.linearPercent);
    checkMinutes(validator, 'rollout.intervalMinutes', rollout.linearOptions.intervalMinutes);
  }
  if (rollingUpdate) {
    validator.number('rollingUpdate.batchPercent', rollingUpdate.batchPercent, SAGEMAKER.rollingPercent);
    checkMinutes(validator, 'rollingUpdate.intervalMinutes', rollingUpdate.intervalMinutes);
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

function checkMinutes(validator: Validator, prop: string, minutes: number | undefined): void {
  validator.number(prop, minutes, SAGEMAKER.waitMinutes);
  validator.known(prop, minutes, 'SageMaker takes seconds, and CloudFormation does not multiply');
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
const RESERVED: readonly string[] = [
  ...MODEL_VARIABLES,
  ENVIRONMENT.port,
  ENVIRONMENT.timeoutSeconds,
  ENVIRONMENT.startSeconds,
];

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
