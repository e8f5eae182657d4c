import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readAwsSecrets } from '../../../runtime/src/platforms/aws-secrets.js';
import { StartedRuntime } from '../../contract/started-runtime.js';
import { AwsCalls } from '../../support/aws-calls.js';
import { freePort } from '../../support/free-port.js';
import { Moto } from '../../support/moto.js';

// The local AWS endpoint checks each signature, and keeps the secrets.
let moto: Moto;
let calls: AwsCalls;
const arns: Record<string, string> = {};

beforeAll(async () => {
  moto = await Moto.start();
  calls = new AwsCalls({ ...process.env, ...moto.env });
  const create = async (Name: string, SecretString: string) =>
    (await calls.call('secretsmanager', 'create_secret', { Name, SecretString })).ARN;
  arns.text = await create('text', 'first');
  arns.fields = await create('fields', JSON.stringify({ user: 'ann', port: 5432 }));
  await calls.call('secretsmanager', 'put_secret_value', { SecretId: 'text', SecretString: 'second' });
  await calls.call('ssm', 'put_parameter', { Name: '/models/token', Value: 'parameter', Type: 'SecureString' });
  arns.parameter = 'arn:aws:ssm:us-east-1:123456789012:parameter/models/token';
}, 120_000);

afterAll(async () => {
  await calls.stop();
  await moto.stop();
});

afterEach(() => vi.unstubAllEnvs());

/** Reads the secrets as a process with this variable does, and returns its variables. */
async function read(secrets: object | string): Promise<NodeJS.ProcessEnv> {
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  const MODELSHIP_SECRETS = typeof secrets === 'string' ? secrets : JSON.stringify(secrets);
  const environment: NodeJS.ProcessEnv = { OTHER: 'kept', MODELSHIP_SECRETS };
  await readAwsSecrets(environment);
  return environment;
}

describe('MODELSHIP_SECRETS', () => {
  test('is replaced by the values, from Secrets Manager and Parameter Store', async () => {
    expect(
      await read({
        CURRENT: arns.text,
        PREVIOUS: `${arns.text}::AWSPREVIOUS:`,
        USER: `${arns.fields}:user::`,
        PORT: `${arns.fields}:port::`,
        TOKEN: arns.parameter,
      }),
    ).toEqual({ OTHER: 'kept', CURRENT: 'second', PREVIOUS: 'first', USER: 'ann', PORT: '5432', TOKEN: 'parameter' });
  });

  test('is optional', async () => {
    expect(await read('')).toEqual({ OTHER: 'kept', MODELSHIP_SECRETS: '' });
  });

  test('fails with every secret that cannot be read, and no value', async () => {
    const missing = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:missing-AbCdEf';
    const error = await read({
      GOOD: arns.text,
      MISSING: missing,
      FIELD: `${arns.fields}:password::`,
      NO_JSON: `${arns.text}:user::`,
      OTHER_SERVICE: 'arn:aws:s3:::bucket',
    }).catch((failure: Error) => failure);
    expect((error as Error).message).toMatch(
      /^secrets cannot be read: MISSING .*can't find.*; FIELD .*no text value; NO_JSON .*no field user; OTHER_SERVICE .*ARN/,
    );
    expect((error as Error).message).not.toMatch(/\b(second|ann|5432|GOOD)\b/);
  });

  test.each(['[', '[1]', '{"A": 1}', 'null'])('fails for %s, which is no object of ARNs', async (text) => {
    await expect(read(text)).rejects.toThrow(/^MODELSHIP_SECRETS: a JSON object of ARNs/);
  });

  test('configures the server before it starts', async () => {
    const { SecretString: _, ARN } = await calls.call('secretsmanager', 'create_secret', {
      Name: 'hashes',
      // SHA-256 of `key`.
      SecretString: '2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683',
    });
    const port = await freePort();
    const started = new StartedRuntime({
      port,
      env: {
        ...moto.env,
        MODELSHIP_MODEL: 'examples/iris/model',
        MODELSHIP_PORT: `${port}`,
        MODELSHIP_SECRETS: JSON.stringify({ MODELSHIP_API_KEY_HASHES: ARN }),
      },
    });
    await started.until('/v2/health/ready');
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${started.url}/v1/models/iris/metadata`, { headers })).status;
    expect(await ask({})).toBe(401);
    expect(await ask({ 'x-api-key': 'key' })).toBe(200);
    await started.stop();
  }, 60_000);
});
