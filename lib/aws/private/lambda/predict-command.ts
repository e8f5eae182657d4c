import type { Manifest } from '@modelship/runtime/manifest';
import type { Access } from '../../../serving/access.js';

export interface PredictCommandProps {
  /**
   * URL of the model in the Open Inference Protocol, or of the queue. TensorFlow Serving's path has a colon, which
   * Signature Version 4 encodes. curl encodes it only since 8.14: older versions sign it wrongly, and the request fails
   * with 403. https://github.com/curl/curl/issues/18423
   */
  readonly url: string;
  readonly region: string;
  readonly access: Access;
  /** Service name for the request signature. */
  readonly signedService: string;
  readonly inputs: Manifest['inputs'];
}

/** Number of elements above which an example is too long to print. */
const MAX_ELEMENTS = 64;

/** Shell command that requests a prediction with curl, or sends the request to a queue with the AWS CLI. */
export function predictCommand({ url, region, access, signedService, inputs }: PredictCommandProps): string {
  if (signedService === 'sqs') {
    const body = predictBody(inputs).replace(/^@/, 'file://');
    return `aws sqs send-message --region ${region} --queue-url ${url} --message-body ${body}`;
  }
  return [
    'curl',
    ...CREDENTIALS[access.kind](region, signedService),
    "-H 'Content-Type: application/json'",
    `--data ${inferBody(inputs)}`,
    `'${url}'`,
  ].join(' ');
}

/** Options that add the credential of each kind of access; secrets are read from environment variables. */
const CREDENTIALS: Readonly<Record<Access['kind'], (region: string, service: string) => readonly string[]>> = {
  cloudIdentity: (region, service) => [
    `--aws-sigv4 'aws:amz:${region}:${service}'`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    // curl signs an empty header but does not send it. The option is one word, because zsh does not split expansions.
    `\${AWS_SESSION_TOKEN:+"-Hx-amz-security-token: $AWS_SESSION_TOKEN"}`,
  ],
  apiKey: () => ['-H "x-api-key: $API_KEY"'],
  jwt: () => ['-H "Authorization: Bearer $TOKEN"'],
  anonymous: () => [],
};

type Inputs = Manifest['inputs'];

/** Dimensions of each input in a request with one row; variable dimensions are 1. */
const dimensions = (inputs: Inputs) => inputs.map(({ shape }) => shape.map((size) => Math.max(1, size)));

const product = (shape: readonly number[]) => shape.reduce((result, size) => result * size, 1);

/** JSON quoted for a shell, or the name of a file to create if the JSON would be long. */
function quoted(inputs: Inputs, body: () => object): string {
  const elements = dimensions(inputs).reduce((sum, shape) => sum + product(shape), 0);
  return elements > MAX_ELEMENTS ? '@request.json' : `'${JSON.stringify(body()).replaceAll("'", "'\\''")}'`;
}

/** Request body in the Open Inference Protocol, with one row of zeros. */
function inferBody(inputs: Inputs): string {
  const shapes = dimensions(inputs);
  return quoted(inputs, () => ({
    inputs: inputs.map(({ name, datatype }, index) => {
      const shape = shapes[index]!;
      return { name, shape, datatype, data: Array.from({ length: product(shape) }, () => zero(datatype)) };
    }),
  }));
}

/**
 * Request body in TensorFlow Serving's format, with one row of zeros. A queue uses it unless the message names another
 * path.
 */
function predictBody(inputs: Inputs): string {
  const shapes = dimensions(inputs).map((shape) => shape.slice(1));
  return quoted(inputs, () => {
    const values = inputs.map(({ datatype }, index) => nested(zero(datatype), shapes[index]!));
    const row = values.length === 1 ? values[0] : Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
    return { instances: [row] };
  });
}

function nested(value: unknown, shape: readonly number[]): unknown {
  return shape.reduceRight((inner: unknown, size) => Array.from({ length: size }, () => inner), value);
}

function zero(datatype: Inputs[number]['datatype']): unknown {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
