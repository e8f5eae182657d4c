import type { Construct } from 'constructs';
import { smallestRequestBytes } from '../../../model/request-size.js';
import {
  checkProps,
  choice,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { IMAGE } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { BatchRequestOptions, TransformOptions } from '../../batch-compute.js';
import type { BatchModelProps } from '../../batch-props.js';
import type { ContainerModel } from '../../container-model.js';
import type { ServerlessModel } from '../../serverless-model.js';
import { checkImage, checkInstanceType, checkResource, TRANSFORM_JOBS } from '../regions/check.js';
import { regionOf } from '../regions/region-of.js';
import { checkRuntimeGpu } from '../sagemaker/instance-validation.js';
import { AMI_VERSION, INSTANCE_TYPE } from '../sagemaker/limits.js';
import { LOG_RETENTION_DAYS } from '../shared/log-retention.js';
import { ALARM_ACTIONS, BUCKET, DURATION, KEY } from '../shared/prop-types.js';
import { checkSeconds } from '../shared/quantities.js';
import { validatorFor } from '../shared/validator.js';
import { smallestPredictionBytes } from './answer-size.js';
import { BATCH } from './limits.js';
import { transformSize } from './transform-size.js';

const PROPS: PropTypes<BatchModelProps> = {
  compute: required(
    choice('BatchCompute.transform(…)', {
      service: {
        service: required(object('a ServerlessModel or a ContainerModel', 'predictUrl')),
        options: options<BatchRequestOptions>('an object such as { rowsPerRequest: 100 }', {
          rowsPerRequest: NUMBER,
          maxConcurrency: NUMBER,
          toleratedFailurePercent: NUMBER,
        }),
      },
      transform: {
        options: required(
          options<TransformOptions>('an object such as { model }', {
            model: required(MODEL),
            image: IMAGE,
            instanceType: STRING,
            transformAmiVersion: STRING,
            instanceCount: NUMBER,
            maxConcurrency: NUMBER,
            timeoutSeconds: NUMBER,
          }),
        ),
      },
    }),
  ),
  inputBucket: required(BUCKET),
  inputPrefix: STRING,
  outputBucket: BUCKET,
  outputPrefix: STRING,
  encryptionKey: KEY,
  timeout: DURATION,
  logRetentionDays: NUMBER,
  alarmActions: ALARM_ACTIONS,
};

const PREFIX = /^[^/'{}\\][^'{}\\]*\/$/;
const PREFIX_RULE = 'must end with a slash, not start with one, and have no quotes, braces or backslashes';

/** @throws ValidationError that lists everything AWS would reject, and everything that could never work */
export function validateBatch(scope: Construct, props: BatchModelProps): void {
  const validator = validatorFor(scope, 'BatchModel');
  checkProps(validator, props, PROPS);
  validator.text('inputPrefix', props.inputPrefix, PREFIX, PREFIX_RULE);
  validator.text('outputPrefix', props.outputPrefix, PREFIX, PREFIX_RULE);
  checkSeconds(validator, 'timeout', props.timeout, BATCH.timeoutSeconds);
  validator.step('logRetentionDays', props.logRetentionDays, LOG_RETENTION_DAYS);
  const { settings } = props.compute;
  if (settings.kind === 'service') {
    const { rowsPerRequest, maxConcurrency, toleratedFailurePercent } = settings.options;
    validator.number('compute.rowsPerRequest', rowsPerRequest, BATCH.rowsPerRequest);
    validator.number('compute.maxConcurrency', maxConcurrency, BATCH.concurrency);
    validator.number('compute.toleratedFailurePercent', toleratedFailurePercent, BATCH.toleratedFailurePercent);
    checkService(validator, settings.service);
  } else {
    const { options } = settings;
    const { instanceType, instanceCount, maxConcurrency, timeoutSeconds } = options;
    validator.text('compute.instanceType', instanceType, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
    validator.text('compute.transformAmiVersion', options.transformAmiVersion, AMI_VERSION.pattern, AMI_VERSION.rule);
    validator.number('compute.instanceCount', instanceCount, BATCH.transformInstances);
    validator.number('compute.maxConcurrency', maxConcurrency, BATCH.transformConcurrency);
    validator.number('compute.timeoutSeconds', timeoutSeconds, BATCH.transformSeconds);
    checkRuntimeGpu(validator, 'compute.image', instanceType, options.image === undefined);
    checkRegion(validator, regionOf(scope), options);
  }
  validator.throwIfAny();
}

function checkService(validator: Validator, service: ServerlessModel | ContainerModel): void {
  const front = 'front' in service ? service.front : undefined;
  validator.check(
    front?.kind !== 'functionUrl' && front?.kind !== 'queue',
    'compute',
    'UNSUPPORTED_FRONT',
    'Step Functions calls API Gateway; use ServerlessFront.restApi() or .httpApi()',
  );
  // https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
  validator.check(
    front?.kind !== 'restApi' || !front.isPrivate,
    'compute',
    'UNSUPPORTED_FRONT',
    'its REST API is private, and Step Functions reaches public ones only; remove `vpcEndpoints`, or use BatchCompute.transform()',
  );
  const bytes = smallestRequestBytes(service.model.manifest);
  validator.check(
    bytes <= BATCH.stateBytes,
    'compute',
    'PAYLOAD_TOO_LARGE',
    `one row of the model's inputs has ${bytes} bytes, and Step Functions passes ${BATCH.stateBytes}; use BatchCompute.transform()`,
  );
  const answer = smallestPredictionBytes(service.model);
  validator.check(
    answer <= BATCH.stateBytes,
    'compute',
    'PAYLOAD_TOO_LARGE',
    `the prediction for one row has at least ${answer} bytes of JSON, and Step Functions passes ${BATCH.stateBytes}; use BatchCompute.transform()`,
  );
}

/** Reports resources, instance types and images that a transform job needs but the region lacks. */
function checkRegion(validator: Validator, region: string | undefined, options: TransformOptions): void {
  const instead = 'use BatchCompute.serverless() or .container()';
  checkResource(validator, region, 'compute', 'AWS::SageMaker::Model', instead);
  const types = { given: options.instanceType, byDefault: transformSize({ model: options.model }).instanceType };
  checkInstanceType(validator, region, 'compute.instanceType', types, TRANSFORM_JOBS);
  checkImage(validator, region, 'compute.image', options.image);
}
