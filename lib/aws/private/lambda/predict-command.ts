import type { Manifest } from '@modelship/runtime/manifest';
import type { Access } from '../../../serving/access.js';

export interface PredictCommandProps {
  readonly url: string;
  readonly region: string;
  readonly access: Access;
  /** What requests are signed for. */
  readonly signedService: string;
  readonly inputs: Manifest['inputs'];
}

/** More elements than this are no example to read. */
const MAX_ELEMENTS = 64;

/** A line for a shell that asks the model for a prediction by curl, or sends the request by the AWS CLI to a queue. */
export function predictCommand({ url, region, access, signedService, inputs }: PredictCommandProps): string {
  const body = exampleBody(inputs);
  if (signedService === 'sqs') {
    return `aws sqs send-message --region ${region} --queue-url ${url} --message-body ${body.replace('@', 'file://')}`;
  }
  return [
    'curl',
    ...CREDENTIALS[access.kind](region, signedService),
    "-H 'Content-Type: application/json'",
    `--data ${body}`,
    `'${url}'`,
  ].join(' ');
}

/** How each kind of access brings its proof, with a variable for what is secret. */
const CREDENTIALS: Readonly<Record<Access['kind'], (region: string, service: string) => readonly string[]>> = {
  cloudIdentity: (region, service) => [
    `--aws-sigv4 'aws:amz:${region}:${service}'`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    // curl sends no header that is empty.
    '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
  ],
  apiKey: () => ['-H "x-api-key: $API_KEY"'],
  jwt: () => ['-H "Authorization: Bearer $TOKEN"'],
  anonymous: () => [],
};

/** One row of zeros, quoted for a shell, or a file to be written if that would be long. */
function exampleBody(inputs: Manifest['inputs']): string {
  const rows = inputs.map(({ shape }) => shape.slice(1).map((size) => Math.max(1, size)));
  const elements = rows.reduce((sum, row) => sum + row.reduce((product, size) => product * size, 1), 0);
  if (elements > MAX_ELEMENTS) return '@request.json';
  const values = inputs.map(({ datatype }, index) => nested(zero(datatype), rows[index]!));
  const [only] = values;
  const row = values.length === 1 ? only : Object.fromEntries(inputs.map(({ name }, index) => [name, values[index]]));
  return `'${JSON.stringify({ instances: [row] }).replaceAll("'", "'\\''")}'`;
}

function nested(value: unknown, shape: readonly number[]): unknown {
  return shape.reduceRight((inner: unknown, size) => Array.from({ length: size }, () => inner), value);
}

function zero(datatype: Manifest['inputs'][number]['datatype']): unknown {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
