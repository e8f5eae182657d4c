import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Replicas } from '../../../serving/replicas.js';
import { serverOf } from '../../../serving/servers/model-server.js';
import { OPTIONAL_VARIABLES, optionalVariables } from '../../../serving/servers/model-variables.js';
import {
  arrayOf,
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
  STRING_MAP,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import { IMAGE, SERVER } from '../../../serving/validation/server.js';
import {
  checkServingProps,
  exactly,
  SERVING_PROPS,
  SET_BY_CONSTRUCTS,
  type ServingTarget,
} from '../../../serving/validation/serving-props.js';
import type { Range, Validator } from '../../../serving/validation/validator.js';
import type { EndpointDataCapture } from '../../endpoint-data-capture.js';
import type { EndpointExplanations } from '../../endpoint-explanations.js';
import type { EndpointModelData, PipelineContainer, PipelineOptions } from '../../endpoint-model-data.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { EndpointMode } from '../../mode.js';
import type { RollingUpdate } from '../../rolling-update.js';
import { LOG_RETENTION_DAYS } from '../shared/log-retention.js';
import {
  ALARM_ACTIONS,
  ALARMS,
  BUCKET,
  DURATION,
  KEY,
  OBJECTS,
  ROLE,
  SECRET,
  SECRETS,
  SECURITY_GROUPS,
  SUBNETS,
  VPC,
} from '../shared/prop-types.js';
import { checkSeconds } from '../shared/quantities.js';
import { checkTwoZones } from '../shared/subnets.js';
import { validatorFor } from '../shared/validator.js';
import { checkExplanations } from './explanation-validation.js';
import { checkInstances } from './instance-validation.js';
import { hasSeveralVariants, instanceOptions, realTimeOptions, replicas } from './instances.js';
import { ENDPOINT_NAME, MODEL_PACKAGE_ARN, SAGEMAKER } from './limits.js';
import { checkMode, MODE_SETTINGS } from './mode-validation.js';
import { checkRegion } from './region-validation.js';
import { checkSize } from './size-validation.js';

const STEPS = arrayOf(
  options<PipelineContainer>('an object such as { image }', {
    image: required(IMAGE),
    bucket: BUCKET,
    key: STRING,
    environment: STRING_MAP,
  }),
);
const PIPELINE = options<PipelineOptions>('an object such as { before: [{ image }] }', {
  before: STEPS,
  after: STEPS,
});

const PROPS: PropTypes<ManagedEndpointModelProps> = {
  ...SERVING_PROPS,
  mode: choice('EndpointMode.realTime()', MODE_SETTINGS),
  server: SERVER,
  image: IMAGE,
  modelData: choice('EndpointModelData.fromPackage()', {
    prefix: OBJECTS,
    multiModel: OBJECTS,
    modelPackage: { modelPackageArn: required(STRING) },
    pipeline: { options: required(PIPELINE) },
  }),
  endpointName: STRING,
  dataCapture: options<EndpointDataCapture>('an object such as { bucket }', {
    bucket: required(BUCKET),
    prefix: STRING,
    samplingPercent: NUMBER,
    content: object('a CaptureContent, such as CaptureContent.input()', 'modes'),
    encryptionKey: KEY,
  }),
  explanations: options<EndpointExplanations>('an object such as { baseline: "0,0,0,0" }', {
    baseline: required(STRING),
    when: STRING,
    featureHeaders: STRINGS,
    samples: NUMBER,
    seed: NUMBER,
    logit: BOOLEAN,
    probabilityIndex: NUMBER,
  }),
  rollingUpdate: options<RollingUpdate>('an object such as { batchPercent: 10 }', {
    batchPercent: required(NUMBER),
    interval: DURATION,
  }),
  rollbackAlarms: ALARMS,
  vpc: VPC,
  vpcSubnets: SUBNETS,
  securityGroups: SECURITY_GROUPS,
  networkIsolation: BOOLEAN,
  role: ROLE,
  secrets: SECRETS,
  encryptionKey: KEY,
  startupSeconds: NUMBER,
  downloadTimeout: DURATION,
  alarmActions: ALARM_ACTIONS,
};

/** Environment variables that the construct sets. */
const RESERVED_NAMES = [ENVIRONMENT.startSeconds, ENVIRONMENT.secrets];

/** @throws ValidationError that lists everything SageMaker would reject or ignore */
export function validateManagedEndpoint(scope: Construct, props: ManagedEndpointModelProps): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  checkProps(validator, props, PROPS);
  const mode = props.mode ?? EndpointMode.realTime();
  const range = replicas(mode, props.minReplicas, props.maxReplicas);
  checkServingProps(validator, props, target(mode, range));
  validator.text('endpointName', props.endpointName, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
  validator.number('startupSeconds', props.startupSeconds, SAGEMAKER.startupSeconds);
  checkSeconds(validator, 'downloadTimeout', props.downloadTimeout, SAGEMAKER.startupSeconds);
  checkServerImage(validator, props);
  checkInstances(validator, props, mode, serverOf(props).spec);
  checkModelData(validator, props, mode);
  checkSize(validator, props, mode);
  checkRollout(validator, props, mode);
  checkNetwork(validator, props);
  checkEnvironment(validator, props);
  checkSecretUse(validator, props);
  checkExplanations(validator, props, mode);
  if (props.dataCapture) {
    validator.number('dataCapture.samplingPercent', props.dataCapture.samplingPercent, SAGEMAKER.percent);
  }
  checkMode(validator, props, mode, range);
  checkRegion(validator, scope, props, mode);
  validator.throwIfAny();
}

function target(mode: EndpointMode, base: Replicas): ServingTarget {
  const [minReplicas, maxReplicas] = {
    realTime: [SAGEMAKER.instances, SAGEMAKER.instances],
    serverless: [SAGEMAKER.serverlessProvisioned, SAGEMAKER.serverlessConcurrency],
    asynchronous: [SAGEMAKER.asynchronousInstances, SAGEMAKER.instances],
    inferenceComponents: [SAGEMAKER.copies, { ...SAGEMAKER.copies, min: 1 }],
  }[mode.kind] as [Range, Range];
  const { asynchronousTimeoutSeconds, realTimeTimeoutSeconds, waitMinutes } = SAGEMAKER;
  return {
    target: 'SageMaker',
    access: {
      kinds: ['cloudIdentity'],
      instead: 'Use ServerlessModel or ContainerModel of modelship/aws for other kinds of access',
    },
    minReplicas,
    maxReplicas,
    schedule:
      mode.kind === 'serverless'
        ? {
            // Provisioned concurrency does not scale from zero.
            minReplicas: { ...SAGEMAKER.serverlessProvisioned, min: 1 },
            maxReplicas: 'The maximum concurrency of a serverless endpoint does not change by time; remove it',
            base,
          }
        : { minReplicas, maxReplicas, base },
    rollout:
      mode.kind === 'inferenceComponents'
        ? {
            target: 'EndpointMode.inferenceComponents()',
            instead: 'Use `rollingUpdate`, which replaces copies in batches',
          }
        : {
            canary: { percent: SAGEMAKER.canaryPercent, bakeMinutes: waitMinutes },
            linear: { stepPercent: SAGEMAKER.linearPercent, intervalMinutes: waitMinutes },
          },
    throttle: 'Remove it and limit `maxReplicas`, or use ServerlessModel of modelship/aws',
    timeoutSeconds: mode.kind === 'asynchronous' ? asynchronousTimeoutSeconds : realTimeTimeoutSeconds,
    logRetentionDays: LOG_RETENTION_DAYS,
    reserved: exactly(...RESERVED_NAMES),
  };
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
    modelData?.kind !== 'multiModel' || (mode.kind === 'realTime' && !realTimeOptions(mode).shadow),
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'SageMaker serves several models only on real-time endpoints without a shadow; use EndpointMode.realTime(), or ' +
      'one endpoint per model',
  );
  checkRegistered(validator, modelData, mode);
  checkPipeline(validator, modelData, mode);
  if (mode.kind !== 'serverless') return;
  validator.check(
    modelData?.kind !== 'prefix',
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'a SageMaker serverless endpoint accepts one .tar.gz only; use EndpointModelData.fromPackage() or ' +
      'EndpointMode.realTime()',
  );
  validator.check(
    model.sizeBytes <= SAGEMAKER.serverlessContainerBytes,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes; a SageMaker serverless endpoint allows ` +
      `${SAGEMAKER.serverlessContainerBytes} including its image. Use EndpointMode.realTime()`,
  );
}

function checkRegistered(validator: Validator, modelData: EndpointModelData | undefined, mode: EndpointMode): void {
  if (modelData?.settings.kind !== 'modelPackage') return;
  const { pattern, rule } = MODEL_PACKAGE_ARN;
  validator.text('modelData.modelPackageArn', modelData.settings.modelPackageArn, pattern, rule);
  validator.check(
    !hasSeveralVariants(mode),
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'a model package of the registry is one model, and `mode` has several; use an endpoint for each',
  );
  validator.check(
    mode.kind === 'serverless' || instanceOptions(mode).instanceType !== undefined,
    'mode.instanceType',
    'MISSING',
    'a model package of the registry supports certain instance types only; set one of them',
  );
}

function checkPipeline(validator: Validator, modelData: EndpointModelData | undefined, mode: EndpointMode): void {
  if (modelData?.settings.kind !== 'pipeline') return;
  const { before = [], after = [] } = modelData.settings.options;
  const count = before.length + after.length + 1;
  validator.number('modelData', count, SAGEMAKER.pipelineContainers);
  // https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions
  validator.check(
    mode.kind !== 'serverless',
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    'SageMaker serverless endpoints run one container; use EndpointMode.realTime()',
  );
  for (const [list, containers] of Object.entries({ before, after })) {
    for (const [index, { bucket, key }] of containers.entries()) {
      validator.check(
        (bucket === undefined) === (key === undefined),
        `modelData.${list}.${index}.key`,
        'MISSING',
        'an archive has a `bucket` and a `key`; set both or neither',
      );
    }
  }
}

function checkRollout(validator: Validator, props: ManagedEndpointModelProps, mode: EndpointMode): void {
  const { rollout, rollingUpdate, rollbackAlarms = [] } = props;
  const gradual = rollout !== undefined && rollout.kind !== 'allAtOnce';
  checkKnown(validator, 'rollout.bakeMinutes', rollout?.canaryOptions?.bakeMinutes);
  checkKnown(validator, 'rollout.intervalMinutes', rollout?.linearOptions?.intervalMinutes);
  if (rollingUpdate) {
    validator.number('rollingUpdate.batchPercent', rollingUpdate.batchPercent, SAGEMAKER.rollingPercent);
    checkSeconds(validator, 'rollingUpdate.interval', rollingUpdate.interval, SAGEMAKER.waitSeconds);
    validator.check(!gradual, 'rollingUpdate', 'CONFLICT', 'got `rollout` too; SageMaker accepts one of the two');
    validator.check(
      mode.kind !== 'serverless' && !hasSeveralVariants(mode),
      'rollingUpdate',
      'UNSUPPORTED',
      'SageMaker does not support rolling updates of serverless endpoints or several variants; use `rollout`',
    );
  }
  validator.check(
    rollbackAlarms.length <= SAGEMAKER.rollbackAlarms,
    'rollbackAlarms',
    'TOO_MANY',
    `got ${rollbackAlarms.length}; SageMaker allows ${SAGEMAKER.rollbackAlarms}. Combine some in a CompositeAlarm`,
  );
}

function checkKnown(validator: Validator, prop: string, minutes: number | undefined): void {
  validator.known(prop, minutes, 'SageMaker expects seconds, and CloudFormation cannot multiply');
}

function checkNetwork(validator: Validator, props: ManagedEndpointModelProps): void {
  validator.check(
    props.vpc !== undefined || (props.vpcSubnets === undefined && props.securityGroups === undefined),
    'vpc',
    'MISSING',
    'got `vpcSubnets` or `securityGroups` without it; pass the VPC that contains them',
  );
  // https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
  if (props.vpc) checkTwoZones(validator, 'vpcSubnets', props.vpc, props.vpcSubnets ?? {}, 'a SageMaker endpoint');
}

/** Reports secrets that the endpoint's containers could not read. */
function checkSecretUse(validator: Validator, props: ManagedEndpointModelProps): void {
  const { secrets = {}, networkIsolation, modelData } = props;
  if (Object.keys(secrets).length === 0) return;
  checkSecrets(validator, props, exactly(...RESERVED_NAMES), SECRET);
  validator.check(
    networkIsolation !== true,
    'networkIsolation',
    'CONFLICT',
    'isolated containers cannot read `secrets`; remove one of the two',
  );
  validator.check(
    serverOf(props).isModelship && modelData?.kind !== 'modelPackage',
    'secrets',
    'UNSUPPORTED_SERVER',
    'SageMaker has no secrets, so the server reads them, and only ModelServer.modelship() does; use ContainerModel, whose ' +
      'service reads them for any server',
  );
}

function checkEnvironment(
  validator: Validator,
  { model, environment = {}, secrets = {} }: ManagedEndpointModelProps,
): void {
  const { entries, keyLength, valueLength } = SAGEMAKER.environment;
  const signer = model.signedBy?.environment ?? {};
  const optional = optionalVariables(model);
  const absent = OPTIONAL_VARIABLES.filter((name) => !(name in optional)).length;
  // The start time, and the list of the secrets if there are any.
  const own = SET_BY_CONSTRUCTS.length - absent + (Object.keys(secrets).length > 0 ? 2 : 1);
  validator.check(
    Object.keys(environment).length <= entries - own,
    'environment',
    'TOO_MANY',
    `got ${Object.keys(environment).length} variables; SageMaker allows ${entries}, including ${own} that the construct sets`,
  );
  for (const [name, value] of Object.entries(environment)) {
    validator.check(
      name.length <= keyLength && !(value.length > valueLength && !Token.isUnresolved(value)),
      `environment.${name}`,
      'TOO_LONG',
      `SageMaker allows names of ${keyLength} and values of ${valueLength} characters`,
    );
  }
  validator.check(
    Object.values(signer).every((value) => value.length <= valueLength),
    'model',
    'TOO_LONG',
    `the certificates of \`signedBy\` have more than the ${valueLength} characters that SageMaker allows for a variable; ` +
      'use Signer.publicKey(), or one root certificate with an elliptic curve key',
  );
}
