import { CAPTURE_LIMITS, ENVIRONMENT } from '@modelship/runtime/contract';
import { type Manifest, Redaction, signaturesOf } from '@modelship/runtime/manifest';

/**
 * Capture of requests and responses. Each replica writes them to a folder of yours as compressed JSON Lines, on every target. Its
 * identity needs the permission to create objects there.
 *
 * @example
 * ```ts
 * import { Model } from 'modelship';
 *
 * const iris = Model.fromDirectory('models/iris', {
 *   capture: { url: 's3://iris-captured/requests/', samplingPercent: 10, redact: ['label'] },
 * });
 * ```
 */
export interface ModelCapture {
  /**
   * URL of the folder, with a slash at the end: `s3://bucket/folder/`, `gs://bucket/folder/` or
   * `https://account.blob.core.windows.net/container/folder/`. Parts may be tokens. A SAS signature is not allowed, because it would
   * be readable in the template.
   */
  readonly url: string;
  /** Percentage of requests that are captured, from 0.01 to 100. @default 100 */
  readonly samplingPercent?: number;
  /**
   * Names of inputs, outputs and columns whose values are never captured. Columns are named by their labels, or by their place, such
   * as `features[2]`.
   *
   * @default - everything is captured
   */
  readonly redact?: readonly string[];
}

/** URLs of folders. */
const FOLDER = /^(s3|gs|https):\/\/[^?]+\/$/;

/**
 * Checks capture against the package that it is for.
 *
 * @throws RangeError if the URL or the percentage is invalid
 * @throws ModelPackageError `COLUMN_UNKNOWN` if the model does not have a name to redact
 */
export function checkCapture({ url, samplingPercent, redact = [] }: ModelCapture, manifest: Manifest): void {
  const { min, max } = CAPTURE_LIMITS;
  const faults: string[] = [];
  if (!FOLDER.test(url)) {
    // A signature in the query is secret.
    const got = JSON.stringify(String(url).split('?')[0]);
    faults.push(
      `\`url\` must be the s3://, gs:// or https:// URL of a folder, with a slash at the end and no query, got ${got}`,
    );
  }
  if (samplingPercent !== undefined && !(samplingPercent >= min && samplingPercent <= max)) {
    faults.push(`\`samplingPercent\` must be a number from ${min} to ${max}, got ${samplingPercent}`);
  }
  // The variable separates names by commas.
  const divided = redact.filter((name) => name.includes(','));
  if (divided.length > 0) {
    faults.push(
      `\`redact\` must have names without commas, got ${JSON.stringify(divided[0])}; redact the whole input or output`,
    );
  }
  if (faults.length > 0) {
    throw new RangeError(`the capture of model \`${manifest.name}\` is invalid: ${faults.join('; ')}.`);
  }
  new Redaction(manifest.name, signaturesOf(manifest).serving_default!, redact);
}

/** Returns the variables that make the runtime capture requests. */
export function captureVariables(capture: ModelCapture | undefined): { [name: string]: string } {
  if (!capture) return {};
  const { url, samplingPercent, redact = [] } = capture;
  return {
    [ENVIRONMENT.captureUrl]: url,
    ...(samplingPercent !== undefined && { [ENVIRONMENT.capturePercent]: String(samplingPercent) }),
    ...(redact.length > 0 && { [ENVIRONMENT.captureRedact]: redact.join(',') }),
  };
}
