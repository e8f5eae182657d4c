import { Aws } from 'aws-cdk-lib';
import type { Model } from '../../../model/model.js';
import type { BatchRequestOptions } from '../../batch-compute.js';
import { predictionBytes } from './answer-size.js';
import { BATCH } from './limits.js';

export interface MapDefinitionProps {
  /** Host of the API, which authenticates callers with IAM. */
  readonly host: string;
  /** Name of the stage, if the API's URLs contain one. */
  readonly stage?: string;
  readonly path: string;
  readonly model: Model;
  readonly inputBucketName: string;
  readonly outputBucketName: string;
  readonly outputPrefix: string;
  readonly options: BatchRequestOptions;
}

/**
 * Distributed Map in Amazon States Language. It sends the lines of the file named in the execution's input to the
 * service, in requests of many rows. Responses are written to `SUCCEEDED_*.json`. Failed requests are written to
 * `FAILED_*.json` with their rows and the cause.
 */
export function mapDefinition(props: MapDefinitionProps): object {
  const { rowsPerRequest = 100, maxConcurrency = 10, toleratedFailurePercent = 0 } = props.options;
  const bytes = BATCH.stateBytes - BATCH.envelopeBytes;
  // Step Functions limits the size of what it sends itself, but fails if the response is too large.
  const answered = Math.max(1, Math.floor(bytes / predictionBytes(props.model)));
  return {
    Type: 'Map',
    Label: 'Rows',
    ItemReader: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSONL' },
      Parameters: { Bucket: props.inputBucketName, 'Key.$': '$.key' },
    },
    ItemBatcher: { MaxItemsPerBatch: Math.min(rowsPerRequest, answered), MaxInputBytesPerBatch: bytes },
    MaxConcurrency: maxConcurrency,
    ToleratedFailurePercentage: toleratedFailurePercent,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Predict',
      States: { Predict: predict(props) },
    },
    ResultWriter: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:putObject`,
      Parameters: {
        Bucket: props.outputBucketName,
        'Prefix.$': `States.Format('${props.outputPrefix}{}', $$.Execution.Name)`,
      },
    },
    End: true,
  };
}

function predict({ host, stage, path }: MapDefinitionProps): object {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::apigateway:invoke`,
    Parameters: {
      ApiEndpoint: host,
      Method: 'POST',
      ...(stage === undefined ? {} : { Stage: stage }),
      Path: path,
      AuthType: 'IAM_ROLE',
      RequestBody: { 'instances.$': '$.Items' },
    },
    ResultSelector: { 'predictions.$': '$.ResponseBody.predictions' },
    Retry: [
      // The rows are invalid, so a retry would fail as well.
      { ErrorEquals: ['ApiGateway.400', 'ApiGateway.403', 'ApiGateway.413'], MaxAttempts: 0 },
      {
        ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 6,
        MaxDelaySeconds: 60,
        JitterStrategy: 'FULL',
      },
    ],
    End: true,
  };
}
