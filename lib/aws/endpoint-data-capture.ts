import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Which side of a request is kept.
 *
 * @example
 * ```ts
 * import { CaptureContent, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, dataCapture: { bucket, content: CaptureContent.input() } });
 * ```
 */
export class CaptureContent {
  static input(): CaptureContent {
    return new CaptureContent(['Input']);
  }

  static output(): CaptureContent {
    return new CaptureContent(['Output']);
  }

  static inputAndOutput(): CaptureContent {
    return new CaptureContent(['Input', 'Output']);
  }

  private constructor(
    /** As SageMaker's API names them. */
    readonly modes: readonly string[],
  ) {}
}

/** What of the traffic is written to S3, to watch the model's quality. It holds what callers sent. */
export interface EndpointDataCapture {
  readonly bucket: IBucket;
  /** @default data-capture/ */
  readonly prefix?: string;
  /** Share of the requests that are kept, in percent, 1 to 100. @default 100 */
  readonly samplingPercent?: number;
  /** @default CaptureContent.inputAndOutput() */
  readonly content?: CaptureContent;
  /** @default - the `encryptionKey` of the endpoint, else the encryption of the bucket */
  readonly encryptionKey?: IKey;
}
