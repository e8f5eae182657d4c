import type { Construct } from 'constructs';
import { BATCH_JOB_OPTIONS, checkBatchJob } from '../../../serving/validation/batch-job.js';
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
import { validatorFor } from '../../../terraform/validator.js';
import type { JobOptions } from '../../batch-compute.js';
import type { BatchModelProps } from '../../batch-props.js';
import { checkReplica } from '../container-apps/validation.js';
import { LOG_RETENTION_DAYS } from '../shared/limits.js';
import { AZURE_PROPS, checkId, checkPlacement, RESERVED, SUBNET } from '../shared/validation.js';
import { JOB } from './limits.js';

const CONTAINER = object('a container of azurerm, or an object such as { id }', 'id');
const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers';

const { providers, resourceGroup, location, encryptionKey, privateSubnet, privateDnsZones } = AZURE_PROPS;
const { deployers, storageReplication, logRetentionDays, alarmActions, tags } = AZURE_PROPS;

const PROPS: PropTypes<BatchModelProps> = {
  ...{ providers, resourceGroup, location, encryptionKey, privateSubnet, privateDnsZones },
  ...{ deployers, storageReplication, logRetentionDays, alarmActions, tags },
  compute: required(
    choice('BatchCompute.job(…)', {
      job: {
        options: required(
          options<JobOptions>('an object such as { model }', {
            ...BATCH_JOB_OPTIONS,
            cpu: NUMBER,
            gpu: object('a Gpu, such as Gpu.nvidiaT4()', 'profileType'),
            subnet: SUBNET,
          }),
        ),
      },
    }),
  ),
  inputContainer: required(CONTAINER),
  inputPrefix: STRING,
  outputContainer: CONTAINER,
  outputPrefix: STRING,
  timeoutSeconds: NUMBER,
};

/** @throws ValidationError with all faults in the props */
export function validateBatch(scope: Construct, props: BatchModelProps): void {
  const validator = validatorFor(scope, 'BatchModel');
  checkProps(validator, props, PROPS);
  checkPlacement(validator, props);
  validator.number('logRetentionDays', props.logRetentionDays, LOG_RETENTION_DAYS);
  validator.number('timeoutSeconds', props.timeoutSeconds, JOB.timeoutSeconds);
  const { inputPrefix, inputContainer, outputPrefix, outputContainer = inputContainer } = props;
  checkId(validator, 'inputContainer.id', inputContainer.id, CONTAINERS);
  checkId(validator, 'outputContainer.id', props.outputContainer?.id, CONTAINERS);
  const isSameStore = outputContainer.id === inputContainer.id;
  const { options: job } = props.compute.settings;
  checkBatchJob(validator, job, { inputPrefix, outputPrefix, isSameStore }, RESERVED);
  checkReplica(validator, props, job, 'compute.');
  validator.throwIfAny();
}
