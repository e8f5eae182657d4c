import type { S3Client } from '@aws-sdk/client-s3';
import { ENVIRONMENT } from '../contract.js';
import { failureOf, PermanentError, withRetries } from '../store/retry.js';

/** Milliseconds that a service may take to return one secret. */
const ANSWER_MS = 10_000;

/** What a service needs to know to return a secret, and where its response has the value. */
interface SecretRequest {
  readonly service: 'secretsmanager' | 'ssm';
  readonly region: string;
  readonly action: string;
  readonly body: object;
  value(response: Response): string | undefined;
}

interface Response {
  readonly SecretString?: string;
  readonly Parameter?: { readonly Value?: string };
  /** Reason of a failure. Services write it in either case. */
  readonly message?: string;
  readonly Message?: string;
}

/**
 * Replaces `MODELSHIP_SECRETS`, which names variables and the ARNs of their values, by these variables. Values are in
 * Secrets Manager or Parameter Store, and the credentials of the host authorize reading them. ARNs have the form that ECS
 * defines: a secret's may end in `:json-key:version-stage:version-id`.
 *
 * @throws Error that names each secret that cannot be read, and why
 */
export async function readAwsSecrets(environment: NodeJS.ProcessEnv): Promise<void> {
  const text = environment[ENVIRONMENT.secrets];
  if (!text) return;
  const arns = Object.entries(arnsOf(text));
  const values = await Promise.allSettled(arns.map(([, arn]) => withRetries(() => readSecret(arn))));
  const faults: string[] = [];
  for (const [index, value] of values.entries()) {
    const [name, arn] = arns[index]!;
    if (value.status === 'fulfilled') environment[name] = value.value;
    else faults.push(`${name} (${arn}): ${(value.reason as Error).message}`);
  }
  if (faults.length > 0) throw new Error(`secrets cannot be read: ${faults.join('; ')}`);
  // Processes that this one starts inherit the values.
  delete environment[ENVIRONMENT.secrets];
}

function arnsOf(text: string): Readonly<Record<string, string>> {
  const fault = `${ENVIRONMENT.secrets}: a JSON object of ARNs by the names of variables is required`;
  let arns: unknown;
  try {
    arns = JSON.parse(text);
  } catch {
    throw new Error(fault);
  }
  if (typeof arns !== 'object' || arns === null || Object.values(arns).some((arn) => typeof arn !== 'string'))
    throw new Error(fault);
  return arns as Readonly<Record<string, string>>;
}

async function readSecret(arn: string): Promise<string> {
  const request = requestOf(arn);
  // The runtime has the SDK for S3 alone, whose credentials and signer suit any service. A client signs for one. Most
  // servers have no secrets, and do not load it.
  const { S3Client: Client } = await import('../store/s3-source.js');
  const client = new Client({});
  const { service, region, action } = request;
  const body = JSON.stringify(request.body);
  const url = await endpointOf(client, service, region);
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName: service,
    signingRegion: region,
    properties: {},
  });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port ? Number(url.port) : undefined,
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': action },
    body,
  } as Parameters<typeof signer.sign>[0]);
  const response = await fetch(url, {
    method: 'POST',
    headers: signed.headers,
    body,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const answer = (await response.json().catch(() => ({}))) as Response;
  if (!response.ok) {
    throw failureOf(
      response.status,
      `${service} answered ${response.status} ${answer.message ?? answer.Message ?? ''}`,
    );
  }
  const value = request.value(answer);
  if (value === undefined) throw new PermanentError('it has no text value');
  return value;
}

function requestOf(arn: string): SecretRequest {
  const [, , service, region = '', , ...resource] = arn.split(':');
  if (service === 'ssm') {
    return {
      service,
      region,
      action: 'AmazonSSM.GetParameter',
      body: { Name: arn, WithDecryption: true },
      value: ({ Parameter }) => Parameter?.Value,
    };
  }
  if (service !== 'secretsmanager') throw new PermanentError('the ARN is not of Secrets Manager or Parameter Store');
  const [kind, name, field, VersionStage, VersionId] = resource;
  return {
    service,
    region,
    action: 'secretsmanager.GetSecretValue',
    body: {
      SecretId: [...arn.split(':', 5), kind, name].join(':'),
      ...(VersionStage ? { VersionStage } : {}),
      ...(VersionId ? { VersionId } : {}),
    },
    value: ({ SecretString }) => (field ? fieldOf(SecretString, field) : SecretString),
  };
}

function fieldOf(text = '', field: string): string | undefined {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(text);
  } catch {
    throw new PermanentError(`it is not JSON, so it has no field ${field}`);
  }
  const value = fields[field];
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Returns the endpoint of a service in a region of any partition: the SDK knows that of S3, and only the name differs. */
async function endpointOf(client: S3Client, service: string, region: string): Promise<URL> {
  const own =
    process.env[`AWS_ENDPOINT_URL_${service === 'ssm' ? 'SSM' : 'SECRETS_MANAGER'}`] ?? process.env.AWS_ENDPOINT_URL;
  if (own) return new URL(own);
  const { url } = client.config.endpointProvider({ Region: region, UseFIPS: false, UseDualStack: false });
  return new URL(`https://${url.hostname.replace(/^s3\b/, service)}`);
}
