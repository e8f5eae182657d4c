import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Access } from '../../../serving/access.js';
import { MODEL_VARIABLES } from '../../../serving/model-variables.js';
import { Validator } from '../../../serving/validation.js';
import { ServerlessFront } from '../../serverless-front.js';
import { ServerlessModelData } from '../../serverless-model-data.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkLogRetention } from '../log-retention.js';
import {
  API_GATEWAY,
  CODE_DEPLOY,
  FRONT_TIMEOUT_SECONDS,
  IMAGE_BYTES,
  LAMBDA,
  QUEUE,
  RUNTIME_MIB,
  WAF_REQUESTS,
} from './limits.js';

const PROPS: Readonly<Record<keyof ServerlessModelProps, true>> = {
  model: true,
  front: true,
  access: true,
  minReplicas: true,
  maxReplicas: true,
  rollout: true,
  throttle: true,
  timeoutSeconds: true,
  logRetentionDays: true,
  dashboard: true,
  environment: true,
  modelData: true,
  architecture: true,
  memoryMib: true,
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  encryptionKey: true,
  webAcl: true,
  apiGatewayLogRole: true,
  rollbackAlarms: true,
  alarmActions: true,
};

/** Variables that the construct sets. */
const RESERVED: readonly string[] = [...MODEL_VARIABLES, ENVIRONMENT.timeoutSeconds, ENVIRONMENT.results];

/** @throws ValidationError with everything that AWS would refuse or ignore */
export function validateServerless(scope: Construct, props: ServerlessModelProps): void {
  const validator = new Validator(`ServerlessModel at ${scope.node.path}`, Token.isUnresolved);
  validator.knownProps(props, Object.keys(PROPS));
  checkModel(validator, props);
  validator.number('memoryMib', props.memoryMib, LAMBDA.memoryMib);
  validator.number('minReplicas', props.minReplicas, LAMBDA.replicas);
  const front = props.front ?? ServerlessFront.restApi();
  validator.number('maxReplicas', props.maxReplicas, front.kind === 'queue' ? QUEUE.replicas : LAMBDA.replicas);
  const { minReplicas = 0, maxReplicas } = props;
  validator.check(
    maxReplicas === undefined ||
      Token.isUnresolved(minReplicas) ||
      Token.isUnresolved(maxReplicas) ||
      minReplicas <= maxReplicas,
    'minReplicas',
    'CONFLICT',
    `got ${minReplicas}, more than the ${maxReplicas} of \`maxReplicas\`; raise one or lower the other`,
  );
  validator.check(
    maxReplicas !== 0 || front.kind === 'queue',
    'maxReplicas',
    'OUT_OF_RANGE',
    'got 0, by which every request would be refused; leave it out for no ceiling',
  );
  validator.number('timeoutSeconds', props.timeoutSeconds, FRONT_TIMEOUT_SECONDS[front.kind]);
  checkThrottle(validator, props, front);
  checkFront(validator, props, front);
  checkAccess(validator, props);
  checkRollout(validator, props);
  for (const name of Object.keys(props.environment ?? {})) {
    const prop = `environment.${name}`;
    validator.check(!RESERVED.includes(name), prop, 'RESERVED', 'the construct sets this variable; leave it out');
    validator.check(
      /^[A-Za-z]\w+$/.test(name),
      prop,
      'BAD_TEXT',
      'Lambda allows names of letters, digits and `_` that start with a letter',
    );
  }
  for (const prop of ['vpcSubnets', 'securityGroups'] as const) {
    validator.check(
      props[prop] === undefined || props.vpc !== undefined,
      prop,
      'CONFLICT',
      'the function is in no network; give its `vpc`, or leave this out',
    );
  }
  checkLogRetention(validator, props.logRetentionDays);
  validator.throwIfAny();
}

function checkModel(validator: Validator, { model, modelData, memoryMib, vpc }: ServerlessModelProps): void {
  const { kind, prefix, folder } = modelData ?? ServerlessModelData.fromPackage();
  const isImage = model.manifest.format !== 'onnx';
  const neededMib = RUNTIME_MIB + Math.ceil(model.sizeBytes / 2 ** 20);
  const { min, max } = LAMBDA.memoryMib;
  validator.check(
    neededMib <= max,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes, and a function has ${max} MiB of memory; use ContainerModel`,
  );
  const isSmall =
    memoryMib !== undefined && !Token.isUnresolved(memoryMib) && memoryMib >= min && memoryMib < neededMib;
  validator.check(
    neededMib > max || !isSmall,
    'memoryMib',
    'TOO_SMALL',
    `got ${memoryMib}; the model and the runtime take ${neededMib} MiB at least. Raise it, or leave it out`,
  );
  validator.check(
    neededMib > max || !isImage || model.sizeBytes + IMAGE_BYTES <= LAMBDA.maxImageBytes,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes, and with Python they are part of an image, which may have 10 GB together; use ContainerModel`,
  );
  validator.check(
    !isImage || kind === 'package',
    'modelData',
    'UNSUPPORTED_FORMAT',
    `got the format ${model.manifest.format}, which needs Python: such a model is in the function's image. Leave this out, or export the model to ONNX`,
  );
  validator.check(
    kind !== 'fileSystem' || vpc !== undefined,
    'vpc',
    'MISSING',
    'a file system is reached in its VPC only; give that, or use ServerlessModelData.fromBucket()',
  );
  validator.text('modelData.prefix', prefix, /^[^/].*\/$/, 'it must not begin with a slash, and must end in one');
  validator.text('modelData.folder', folder, /^[^/].*[^/]$|^[^/]$/, 'it must neither begin nor end with a slash');
}

function checkThrottle(validator: Validator, { throttle, access }: ServerlessModelProps, front: ServerlessFront): void {
  validator.check(
    throttle === undefined || front.kind === 'restApi' || front.kind === 'httpApi',
    'throttle',
    'CONFLICT',
    'only API Gateway counts requests; bound the function by `maxReplicas`, or use ServerlessFront.restApi() or httpApi()',
  );
  validator.number('throttle.requestsPerSecond', throttle?.requestsPerSecond, API_GATEWAY.requestsPerSecond);
  validator.number('throttle.burst', throttle?.burst, API_GATEWAY.burst);
  validator.number('throttle.requestsPerDay', throttle?.requestsPerDay, API_GATEWAY.requestsPerDay);
  validator.check(
    throttle?.requestsPerDay === undefined || access?.kind === 'apiKey',
    'throttle.requestsPerDay',
    'CONFLICT',
    'API Gateway counts days for callers with keys only; use Access.apiKey(), or leave it out',
  );
}

/** The kinds of access that each front knows, and what to use for another. */
const FRONT_ACCESS: Readonly<Record<ServerlessFront['kind'], { kinds: readonly Access['kind'][]; advice: string }>> = {
  restApi: { kinds: ['cloudIdentity', 'apiKey', 'jwt', 'anonymous'], advice: '' },
  httpApi: {
    kinds: ['cloudIdentity', 'jwt', 'anonymous'],
    advice: 'an HTTP API knows no keys; use ServerlessFront.restApi(), Access.jwt() or Access.cloudIdentity()',
  },
  functionUrl: {
    kinds: ['cloudIdentity', 'anonymous'],
    advice: 'a function URL knows IAM alone; use Access.cloudIdentity(), or ServerlessFront.restApi()',
  },
  queue: { kinds: ['cloudIdentity'], advice: 'a queue knows IAM alone; use Access.cloudIdentity(), or another front' },
};

function checkFront(validator: Validator, props: ServerlessModelProps, front: ServerlessFront): void {
  const { kind } = props.access ?? Access.cloudIdentity();
  const { kinds, advice } = FRONT_ACCESS[front.kind];
  validator.check(kinds.includes(kind), 'access', 'UNSUPPORTED_ACCESS', `got Access.${kind}(); ${advice}`);
  validator.check(
    props.apiGatewayLogRole === undefined || front.kind === 'restApi',
    'apiGatewayLogRole',
    'CONFLICT',
    'only REST APIs write logs by a role of the account; leave it out',
  );
  validator.check(
    props.webAcl === undefined || front.kind === 'restApi',
    'webAcl',
    'CONFLICT',
    `got ServerlessFront.${front.kind}(), before which AWS WAF cannot stand; use ServerlessFront.restApi(), or leave it out`,
  );
  validator.text(
    'webAcl.arn',
    props.webAcl?.arn,
    /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/.+$/,
    'it must be the ARN of a web ACL of the scope REGIONAL',
  );
  validator.number('webAcl.requestsPerFiveMinutes', props.webAcl?.managedOptions?.requestsPerFiveMinutes, WAF_REQUESTS);
  const { batchSize, maxReceives, outputPrefix } = front.queueOptions ?? {};
  validator.number('front.batchSize', batchSize, QUEUE.batchSize);
  validator.number('front.maxReceives', maxReceives, QUEUE.maxReceives);
  validator.text(
    'front.outputPrefix',
    outputPrefix,
    /^[^/].*\/$/,
    'it must not begin with a slash, and must end in one',
  );
}

function checkRollout(validator: Validator, { rollout, rollbackAlarms }: ServerlessModelProps): void {
  const { canaryOptions, linearOptions } = rollout ?? {};
  validator.number('rollout.percent', canaryOptions?.percent, CODE_DEPLOY.percent);
  validator.number('rollout.bakeMinutes', canaryOptions?.bakeMinutes, CODE_DEPLOY.minutes);
  validator.number('rollout.stepPercent', linearOptions?.stepPercent, CODE_DEPLOY.percent);
  validator.number('rollout.intervalMinutes', linearOptions?.intervalMinutes, CODE_DEPLOY.minutes);
  const { stepPercent = 100, intervalMinutes = 0 } = linearOptions ?? {};
  const minutes = (Math.ceil(100 / stepPercent) - 1) * intervalMinutes;
  const { max } = CODE_DEPLOY.minutes;
  validator.check(
    // Of tokens there is no sum.
    Token.isUnresolved(stepPercent) || Token.isUnresolved(intervalMinutes) || !(stepPercent >= 1 && minutes > max),
    'rollout',
    'OUT_OF_RANGE',
    `its steps take ${minutes} minutes together; AWS CodeDeploy allows ${max}. Take larger steps or shorter intervals`,
  );
  validator.check(
    rollbackAlarms === undefined || (rollout !== undefined && rollout.kind !== 'allAtOnce'),
    'rollbackAlarms',
    'CONFLICT',
    'all traffic moves at once, and nothing is taken back; use Rollout.canary() or .linear(), or leave it out',
  );
  validator.check(
    (rollbackAlarms?.length ?? 0) < CODE_DEPLOY.alarms,
    'rollbackAlarms',
    'OUT_OF_RANGE',
    `got ${rollbackAlarms?.length}; AWS CodeDeploy watches ${CODE_DEPLOY.alarms}, of which the construct's own is one`,
  );
}

function checkAccess(validator: Validator, { access }: ServerlessModelProps): void {
  const { issuer, audience } = access?.jwtOptions ?? {};
  validator.text('access.issuer', issuer, /^https:\/\/[^\s?#]+$/, 'it must be an https:// URL without a query');
  validator.check(
    audience === undefined || audience.length > 0,
    'access.audience',
    'MISSING',
    'got none; a token must be meant for somebody, so give at least one',
  );
}
