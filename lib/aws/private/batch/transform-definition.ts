import { Aws, Token } from 'aws-cdk-lib';
import type { TransformOptions } from '../../batch-compute.js';
import { hasOldDriver } from '../sagemaker/limits.js';
import { transformSize } from './transform-size.js';

export interface TransformDefinitionProps {
  readonly modelName: string;
  /** Prefix of job names, at most 26 characters: a UUID follows, and the limit is 63. */
  readonly jobPrefix: string;
  readonly inputBucketName: string;
  readonly outputBucketName: string;
  readonly outputPrefix: string;
  /** Id of the key that encrypts responses. */
  readonly outputKeyId?: string;
  /** Id of the key that encrypts the instances' disks. */
  readonly diskKeyId?: string;
  readonly options: TransformOptions;
}

/**
 * Batch transform job in Amazon States Language, for every object under the prefix named in the execution's input. Each
 * response is written under its object's name with the suffix `.out`.
 */
export function transformDefinition(props: TransformDefinitionProps): object {
  const { instanceType, instanceCount, maxConcurrency, timeoutSeconds } = transformSize(props.options);
  const byDefault =
    !Token.isUnresolved(instanceType) && hasOldDriver(instanceType) ? 'al2-ami-sagemaker-batch-gpu-535' : undefined;
  const amiVersion = props.options.transformAmiVersion ?? byDefault;
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createTransformJob.sync`,
    Parameters: {
      'TransformJobName.$': `States.Format('${props.jobPrefix}-{}', States.UUID())`,
      ModelName: props.modelName,
      BatchStrategy: 'MultiRecord',
      MaxConcurrentTransforms: maxConcurrency,
      ModelClientConfig: { InvocationsMaxRetries: 3, InvocationsTimeoutInSeconds: timeoutSeconds },
      TransformInput: {
        ContentType: 'application/jsonlines',
        SplitType: 'Line',
        DataSource: {
          S3DataSource: {
            S3DataType: 'S3Prefix',
            'S3Uri.$': `States.Format('s3://${props.inputBucketName}/{}', $.key)`,
          },
        },
      },
      TransformOutput: {
        // With this type, the server writes a line for each row; with `application/jsonlines`, a line for each request.
        Accept: 'application/x-ndjson',
        AssembleWith: 'Line',
        'S3OutputPath.$': `States.Format('s3://${props.outputBucketName}/${props.outputPrefix}{}', $$.Execution.Name)`,
        ...(props.outputKeyId ? { KmsKeyId: props.outputKeyId } : {}),
      },
      TransformResources: {
        InstanceType: instanceType,
        InstanceCount: instanceCount,
        ...(amiVersion ? { TransformAmiVersion: amiVersion } : {}),
        ...(props.diskKeyId ? { VolumeKmsKeyId: props.diskKeyId } : {}),
      },
    },
    Retry: [
      {
        // These errors mean that the account's instance quota is in use.
        ErrorEquals: ['SageMaker.ResourceLimitExceededException', 'SageMaker.AmazonSageMakerException'],
        IntervalSeconds: 60,
        BackoffRate: 2,
        MaxAttempts: 3,
        JitterStrategy: 'FULL',
      },
    ],
    End: true,
  };
}
