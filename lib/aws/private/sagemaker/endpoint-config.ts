import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import { CaptureContent, type EndpointDataCapture } from '../../endpoint-data-capture.js';
import type { EndpointExplanations } from '../../endpoint-explanations.js';
import type { AsynchronousOptions } from '../../mode.js';
import type { ExecutionRole } from './role.js';

/** S3 URL in the form `s3://bucket/prefix`, without a trailing slash. */
const s3Path = (bucket: IBucket, prefix: string) => bucket.s3UrlForObject(prefix.replace(/\/$/, ''));

/** Data capture configuration. Grants the role permission to write captured traffic. */
export function dataCaptureConfig(
  capture: EndpointDataCapture,
  role: ExecutionRole,
  endpointKey?: IKey,
): CfnEndpointConfig.DataCaptureConfigProperty {
  const { bucket, prefix = 'data-capture/', samplingPercent = 100 } = capture;
  const { content = CaptureContent.inputAndOutput(), encryptionKey = endpointKey } = capture;
  role.mayWritePrefix(bucket, prefix, encryptionKey);
  return {
    enableCapture: true,
    destinationS3Uri: s3Path(bucket, prefix),
    initialSamplingPercentage: samplingPercent,
    captureOptions: content.modes.map((captureMode) => ({ captureMode })),
    // Content types listed here are captured as they are, all others as base64.
    captureContentTypeHeader: { jsonContentTypes: ['application/json'], csvContentTypes: ['text/csv'] },
    kmsKeyId: encryptionKey?.keyArn,
  };
}

/**
 * Asynchronous inference configuration. Grants the role permission to read requests, write responses and publish
 * notifications.
 */
export function asyncInferenceConfig(
  options: AsynchronousOptions,
  role: ExecutionRole,
  key?: IKey,
): CfnEndpointConfig.AsyncInferenceConfigProperty {
  const { outputBucket, inputBucket = outputBucket } = options;
  const outputPrefix = asyncOutputPrefix(options);
  role.mayReadObject(inputBucket, `${asyncInputPrefix(options)}*`);
  role.mayWritePrefix(outputBucket, outputPrefix, key);
  for (const topic of [options.successTopic, options.errorTopic]) if (topic) role.mayPublish(topic);
  return {
    clientConfig: { maxConcurrentInvocationsPerInstance: options.maxConcurrency },
    outputConfig: {
      s3OutputPath: s3Path(outputBucket, outputPrefix),
      s3FailurePath: s3Path(outputBucket, `${outputPrefix}failures/`),
      kmsKeyId: key?.keyArn,
      notificationConfig:
        options.successTopic || options.errorTopic
          ? { successTopic: options.successTopic?.topicArn, errorTopic: options.errorTopic?.topicArn }
          : undefined,
    },
  };
}

/** Prefix for the requests that callers upload to an asynchronous endpoint. */
export function asyncInputPrefix({ inputPrefix = 'async/input/' }: AsynchronousOptions): string {
  return inputPrefix;
}

/** Prefix for the responses that SageMaker writes. */
export function asyncOutputPrefix({ outputPrefix = 'async/output/' }: AsynchronousOptions): string {
  return outputPrefix;
}

/** Configuration of SageMaker Clarify's online explanations. */
export function explainerConfig(explanations: EndpointExplanations): CfnEndpointConfig.ExplainerConfigProperty {
  return {
    clarifyExplainerConfig: {
      enableExplanations: explanations.when,
      inferenceConfig: {
        featureHeaders: explanations.featureHeaders,
        probabilityIndex: explanations.probabilityIndex,
      },
      shapConfig: {
        shapBaselineConfig: { mimeType: 'text/csv', shapBaseline: explanations.baseline },
        numberOfSamples: explanations.samples,
        seed: explanations.seed,
        useLogit: explanations.logit,
      },
    },
  };
}
