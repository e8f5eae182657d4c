import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import { CaptureContent, type EndpointDataCapture } from '../../endpoint-data-capture.js';
import type { EndpointExplanations } from '../../endpoint-explanations.js';
import type { AsynchronousOptions } from '../../mode.js';
import type { ExecutionRole } from './role.js';

/** `s3://bucket/prefix`, without the slash at the end. */
const s3Path = (bucket: IBucket, prefix: string) => bucket.s3UrlForObject(prefix.replace(/\/$/, ''));

/** Where captured traffic goes, and the right to write it there. */
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
    // What is listed here is written as it is; the rest as base64.
    captureContentTypeHeader: { jsonContentTypes: ['application/json'], csvContentTypes: ['text/csv'] },
    kmsKeyId: encryptionKey?.keyArn,
  };
}

/** Where answers go, and the rights to read requests, write answers and tell about them. */
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
    clientConfig: { maxConcurrentInvocationsPerInstance: options.concurrencyPerInstance },
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

/** Under which callers put the requests of an asynchronous endpoint. */
export function asyncInputPrefix({ inputPrefix = 'async/input/' }: AsynchronousOptions): string {
  return inputPrefix;
}

/** Under which answers are written. */
export function asyncOutputPrefix({ outputPrefix = 'async/output/' }: AsynchronousOptions): string {
  return outputPrefix;
}

/** Clarify's online explanations. */
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
