import { ENVIRONMENT } from '@modelship/runtime/contract';
import { needsPython } from '@modelship/runtime/manifest';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  type PropTypes,
  required,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import { checkServingProps, exactly, SERVING_PROPS } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { MANAGED_WEB_ACL } from '../../../serving/validation/web-acl.js';
import { ServerlessFront } from '../../front.js';
import { ServerlessModelData } from '../../serverless-model-data.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkGate } from '../shared/gate-validation.js';
import { LOG_RETENTION_DAYS } from '../shared/log-retention.js';
import { checkPaths } from '../shared/paths.js';
import { checkPayload } from '../shared/preflight.js';
import {
  ACCESS_POINT,
  ALARM_ACTIONS,
  ALARMS,
  KEY,
  OBJECTS,
  REMOVAL_POLICY,
  ROLE,
  S3_FILES,
  SECRET,
  SECRETS,
  SECURITY_GROUPS,
  SUBNETS,
  VPC,
} from '../shared/prop-types.js';
import { validatorFor } from '../shared/validator.js';
import { FRONT_ACCESS, throttleOf } from './front-validation.js';
import { CODE_DEPLOY, FRONT_TIMEOUT_SECONDS, IMAGE_BYTES, LAMBDA, QUEUE, RUNTIME_MIB } from './limits.js';
import { checkRegion } from './region-validation.js';

const PROPS: PropTypes<ServerlessModelProps> = {
  ...SERVING_PROPS,
  front: object('a ServerlessFront, such as ServerlessFront.restApi()', 'bind'),
  modelData: choice('ServerlessModelData.fromPackage()', {
    bucket: OBJECTS,
    fileSystem: { accessPoint: required(ACCESS_POINT), folder: required(STRING) },
    s3Files: S3_FILES,
  }),
  architecture: object('an Architecture, such as Architecture.ARM_64', 'dockerPlatform'),
  memoryMib: NUMBER,
  vpc: VPC,
  vpcSubnets: SUBNETS,
  securityGroups: SECURITY_GROUPS,
  role: ROLE,
  secrets: SECRETS,
  encryptionKey: KEY,
  webAcl: choice('WebAcl.managed()', {
    managed: MANAGED_WEB_ACL,
    existing: { arn: required(STRING) },
  }),
  apiGatewayLogRole: BOOLEAN,
  logRemovalPolicy: REMOVAL_POLICY,
  rollbackAlarms: ALARMS,
  alarmActions: ALARM_ACTIONS,
};

/** @throws ValidationError that lists everything AWS would reject or ignore */
export function validateServerless(scope: Construct, props: ServerlessModelProps): void {
  const validator = validatorFor(scope, 'ServerlessModel');
  checkProps(validator, props, PROPS);
  validator.number('memoryMib', props.memoryMib, LAMBDA.memoryMib);
  const front = props.front ?? ServerlessFront.restApi();
  checkModel(validator, props);
  const requestBytes = front.kind === 'queue' ? QUEUE.requestBytes : LAMBDA.requestBytes;
  checkPayload(validator, props.model, requestBytes, {
    what: front.kind === 'queue' ? 'a message of SQS' : 'a request to AWS Lambda',
    alternative: 'use ContainerModel, or ManagedEndpointModel with EndpointMode.asynchronous()',
  });
  const replicas = { ...LAMBDA.replicas, min: 1, adviceBelowMin: 'Remove it for no limit' };
  checkServingProps(validator, props, {
    target: 'AWS Lambda',
    access: FRONT_ACCESS[front.kind],
    minReplicas: LAMBDA.replicas,
    maxReplicas: front.kind === 'queue' ? QUEUE.replicas : replicas,
    schedule: {
      minReplicas: LAMBDA.replicas,
      maxReplicas: 'The reserved concurrency of a function does not change by time; remove it',
      base: { min: props.minReplicas ?? 0, max: props.maxReplicas ?? LAMBDA.replicas.max },
    },
    rollout: {
      canary: { percent: CODE_DEPLOY.percent, bakeMinutes: CODE_DEPLOY.minutes },
      linear: { stepPercent: CODE_DEPLOY.percent, intervalMinutes: CODE_DEPLOY.minutes },
      gate: true,
    },
    throttle: throttleOf(front.kind, props.access),
    timeoutSeconds: FRONT_TIMEOUT_SECONDS[front.kind],
    logRetentionDays: LOG_RETENTION_DAYS,
    reserved: RESERVED,
  });
  checkSecrets(validator, props, RESERVED, SECRET);
  front.check(validator, props);
  checkRegion(validator, scope, front, props.modelData);
  checkRollout(validator, props);
  checkGate(validator, props);
  // https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
  for (const prop of ['environment', 'secrets'] as const) {
    for (const name of Object.keys(props[prop] ?? {})) {
      validator.check(
        !/^_|^.$/.test(name),
        `${prop}.${name}`,
        'BAD_TEXT',
        'AWS Lambda allows names of at least two characters that start with a letter',
      );
    }
  }
  const { vpc, vpcSubnets } = props;
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
  validator.check(
    !vpc || vpcSubnets !== undefined || vpc.privateSubnets.length + vpc.isolatedSubnets.length > 0,
    'vpc',
    'NO_SUBNETS',
    'it has only public subnets, where a function reaches neither the internet nor AWS services; add private or isolated ' +
      'subnets, or remove it',
  );
  for (const prop of ['vpcSubnets', 'securityGroups'] as const) {
    validator.check(
      props[prop] === undefined || props.vpc !== undefined,
      prop,
      'CONFLICT',
      'the function is not in a VPC; set `vpc` too, or remove this',
    );
  }
  validator.throwIfAny();
}

/**
 * Environment variables that the construct sets, and those that Lambda reserves:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
const RESERVED = exactly(
  ENVIRONMENT.results,
  ENVIRONMENT.secrets,
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_(DEFAULT_)?REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)',
  'AWS_ACCESS_KEY(_ID)?',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_(TASK_ROOT|RUNTIME_DIR)',
);

function checkModel(validator: Validator, { model, modelData, memoryMib, vpc }: ServerlessModelProps): void {
  const { kind, settings } = modelData ?? ServerlessModelData.fromPackage();
  const isImage = needsPython(model.manifest);
  const neededMib = RUNTIME_MIB + Math.ceil(model.sizeBytes / 2 ** 20);
  const { min, max } = LAMBDA.memoryMib;
  validator.check(
    neededMib <= max,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes, and a function has at most ${max} MiB of memory; use ContainerModel`,
  );
  const isSmall =
    memoryMib !== undefined && !Token.isUnresolved(memoryMib) && memoryMib >= min && memoryMib < neededMib;
  validator.check(
    neededMib > max || !isSmall,
    'memoryMib',
    'TOO_SMALL',
    `got ${memoryMib}; the model and the runtime need at least ${neededMib} MiB. Raise it, or remove it`,
  );
  validator.check(
    neededMib > max || !isImage || model.sizeBytes + IMAGE_BYTES <= LAMBDA.maxImageBytes,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes, and a Python model is part of the image, which has at most 10 GB; use ` +
      `ContainerModel`,
  );
  validator.check(
    !isImage || kind === 'package',
    'modelData',
    'UNSUPPORTED_FORMAT',
    `got the format ${model.manifest.format}, which needs Python: such a model is part of the function's image. ` +
      `Remove this, or export the model to ONNX`,
  );
  validator.check(
    (kind !== 'fileSystem' && kind !== 's3Files') || vpc !== undefined,
    'vpc',
    'MISSING',
    'a file system is reachable only from its VPC; set this, or use ServerlessModelData.fromBucket()',
  );
  checkPaths(validator, settings);
}

function checkRollout(validator: Validator, { rollout, rollbackAlarms }: ServerlessModelProps): void {
  const { stepPercent = 100, intervalMinutes = 0 } = rollout?.linearOptions ?? {};
  const minutes = (Math.ceil(100 / stepPercent) - 1) * intervalMinutes;
  const { max } = CODE_DEPLOY.minutes;
  validator.check(
    // Token values are unknown during synthesis, so their total is not checked.
    Token.isUnresolved(stepPercent) || Token.isUnresolved(intervalMinutes) || !(stepPercent >= 1 && minutes > max),
    'rollout',
    'OUT_OF_RANGE',
    `its steps take ${minutes} minutes together; AWS CodeDeploy allows ${max}. Take larger steps or shorter intervals`,
  );
  validator.check(
    rollbackAlarms === undefined || (rollout !== undefined && rollout.kind !== 'allAtOnce'),
    'rollbackAlarms',
    'CONFLICT',
    'all traffic shifts at once, and is never rolled back; use Rollout.canary() or .linear(), or remove it',
  );
  validator.check(
    (rollbackAlarms?.length ?? 0) < CODE_DEPLOY.alarms,
    'rollbackAlarms',
    'OUT_OF_RANGE',
    `got ${rollbackAlarms?.length}; AWS CodeDeploy watches at most ${CODE_DEPLOY.alarms}, including the construct's own`,
  );
}
