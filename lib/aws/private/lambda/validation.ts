import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MODEL_VARIABLES } from '../../../serving/servers/model-variables.js';
import { SERVING_PROPS } from '../../../serving/validation/serving-prop-names.js';
import { Validator } from '../../../serving/validation/validator.js';
import { ServerlessFront } from '../../front.js';
import { ServerlessModelData } from '../../serverless-model-data.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkLogRetention } from '../shared/log-retention.js';
import { FOLDER, PREFIX } from '../shared/paths.js';
import { checkPayload } from '../shared/preflight.js';
import { checkFront } from './front-validation.js';
import { CODE_DEPLOY, FRONT_TIMEOUT_SECONDS, IMAGE_BYTES, LAMBDA, QUEUE, RUNTIME_MIB } from './limits.js';
import { checkRegion } from './region-validation.js';

const PROPS: Readonly<Record<keyof ServerlessModelProps, true>> = {
  ...SERVING_PROPS,
  front: true,
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
  validator.number('memoryMib', props.memoryMib, LAMBDA.memoryMib);
  validator.number('minReplicas', props.minReplicas, LAMBDA.replicas);
  const front = props.front ?? ServerlessFront.restApi();
  checkModel(validator, props);
  const requestBytes = front.kind === 'queue' ? QUEUE.requestBytes : LAMBDA.requestBytes;
  checkPayload(validator, props.model, requestBytes, {
    what: front.kind === 'queue' ? 'a message of SQS' : 'a request to AWS Lambda',
    instead: 'use ContainerModel, or ManagedEndpointModel with EndpointMode.asynchronous()',
  });
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
  checkFront(validator, props, front);
  checkRegion(validator, scope, front, props.modelData);
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
    (kind !== 'fileSystem' && kind !== 's3Files') || vpc !== undefined,
    'vpc',
    'MISSING',
    'a file system is reached in its VPC only; give that, or use ServerlessModelData.fromBucket()',
  );
  validator.text('modelData.prefix', prefix, PREFIX.pattern, PREFIX.rule);
  validator.text('modelData.folder', folder, FOLDER.pattern, FOLDER.rule);
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
