import type { Construct } from 'constructs';
import { BATCH_JOB_OPTIONS, checkBatchJob } from '../../../serving/validation/batch-job.js';
import {
  checkProps,
  choice,
  NUMBER,
  options,
  type PropTypes,
  required,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { JobOptions } from '../../batch-compute.js';
import type { BatchModelProps } from '../../batch-props.js';
import { cloudRunSize } from '../cloud-run/server.js';
import { checkInstance } from '../cloud-run/validation.js';
import { LOG_RETENTION_DAYS } from '../shared/limits.js';
import { checkPlacement, GOOGLE_PROPS, RESERVED } from '../shared/validation.js';
import { JOB } from './limits.js';

const {
  providers,
  region,
  project,
  enableApis,
  encryptionKey,
  modelBucket,
  logRetentionDays,
  alarmActions,
  labels,
  gpu,
} = GOOGLE_PROPS;

const PROPS: PropTypes<BatchModelProps> = {
  ...{ providers, region, project, enableApis, encryptionKey, modelBucket, logRetentionDays, alarmActions, labels },
  compute: required(
    choice('BatchCompute.job(…)', {
      job: {
        options: required(
          options<JobOptions>('an object such as { model }', {
            ...BATCH_JOB_OPTIONS,
            cpu: NUMBER,
            memoryMib: NUMBER,
            gpu,
            instanceCount: NUMBER,
          }),
        ),
      },
    }),
  ),
  inputBucket: required(STRING),
  inputPrefix: STRING,
  outputBucket: STRING,
  outputPrefix: STRING,
  timeoutSeconds: NUMBER,
};

/** https://cloud.google.com/storage/docs/buckets#naming */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const BUCKET_RULE = 'use the name of a bucket, without `gs://`';

/** @throws ValidationError with all faults in the props */
export function validateBatch(scope: Construct, props: BatchModelProps): void {
  const validator = validatorFor(scope, 'BatchModel');
  checkProps(validator, props, PROPS);
  checkPlacement(validator, props);
  validator.number('logRetentionDays', props.logRetentionDays, LOG_RETENTION_DAYS);
  validator.number('timeoutSeconds', props.timeoutSeconds, JOB.timeoutSeconds);
  const { inputPrefix, inputBucket, outputPrefix, outputBucket = inputBucket } = props;
  validator.text('inputBucket', inputBucket, BUCKET, BUCKET_RULE);
  validator.text('outputBucket', props.outputBucket, BUCKET, BUCKET_RULE);
  const { options: job } = props.compute.settings;
  checkBatchJob(validator, job, { inputPrefix, outputPrefix, isSameStore: inputBucket === outputBucket }, RESERVED);
  validator.number('compute.instanceCount', job.instanceCount, JOB.instances);
  checkInstance(validator, { model: job.model, gpu: job.gpu, region: props.region }, cloudRunSize(job), 'compute.');
  checkGpuUse(validator, {
    prop: 'compute.image',
    isWasted: job.gpu !== undefined && job.image === undefined,
    instead: 'or remove `gpu`',
  });
  validator.throwIfAny();
}
