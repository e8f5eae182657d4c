import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Parts of an invocation to capture.
 *
 * @example
 * ```ts
 * import { CaptureContent, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, dataCapture: { bucket, content: CaptureContent.input() } });
 * ```
 */
export class CaptureContent {
  /** Captures requests only. */
  static input(): CaptureContent {
    return new CaptureContent(['Input']);
  }

  /** Captures responses only. */
  static output(): CaptureContent {
    return new CaptureContent(['Output']);
  }

  /** Captures requests and responses. */
  static inputAndOutput(): CaptureContent {
    return new CaptureContent(['Input', 'Output']);
  }

  private constructor(
    /** Capture modes in the notation of SageMaker's API: `Input`, `Output`. */
    readonly modes: readonly string[],
  ) {}
}

/** Settings for capturing invocations in S3, to monitor model quality. Captured data contains what callers sent. */
export interface EndpointDataCapture {
  /** Bucket that receives the captured data. */
  readonly bucket: IBucket;
  /** Key prefix of the captured data. @default data-capture/ */
  readonly prefix?: string;
  /** Percentage of requests to capture, 1 to 100. @default 100 */
  readonly samplingPercent?: number;
  /** Parts of an invocation to capture. @default CaptureContent.inputAndOutput() */
  readonly content?: CaptureContent;
  /**
   * KMS key for the captured data.
   *
   * @default - the endpoint's `encryptionKey`, or else the bucket's default encryption
   */
  readonly encryptionKey?: IKey;
}
