import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UnsignedRequest } from '../../../../lib/cli/authentication/authenticator.js';
import { authentication } from '../../../../lib/cli/authentication/index.js';
import { requireTool } from '../../../support/tools.js';

// botocore, the signer of the AWS CLI, says what each signature must be.
const CREDENTIALS = {
  access_key: 'AKIDEXAMPLE',
  secret_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  token: 'session-token',
};

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.access_key);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secret_key);
  vi.stubEnv('AWS_SESSION_TOKEN', CREDENTIALS.token);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
});
afterEach(() => vi.unstubAllEnvs());

function expectedSignature(request: UnsignedRequest, signed: Record<string, string>, service: string, region: string) {
  const { authorization, host, 'x-amz-security-token': token, ...headers } = signed;
  const input = { ...request, headers, credentials: CREDENTIALS, service, region };
  const script = join(__dirname, 'botocore_signature.py');
  return JSON.parse(execFileSync(requireTool('python3'), [script], { input: JSON.stringify(input), encoding: 'utf8' }));
}

const BODY = '{"instances": [["größe", 1]]}';

describe('the signature of a request', () => {
  test.each([
    ['https://abc.execute-api.eu-west-1.amazonaws.com/prod/v1/models/iris:predict', 'execute-api', 'eu-west-1'],
    ['https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod/v2/models/a%20b/infer', 'execute-api', 'cn-north-1'],
    ['https://abc.lambda-url.us-east-1.on.aws/v2/models/iris/infer', 'lambda', 'us-east-1'],
    ['https://runtime.sagemaker.us-west-2.amazonaws.com/endpoints/iris/invocations', 'sagemaker', 'us-west-2'],
    ['https://models.example.com/v1/models/iris:predict?b=2&a=1&a=0', 'execute-api', 'eu-central-1'],
    ['http://localhost:8080/v1/models/iris:predict', 'execute-api', 'eu-central-1'],
  ])('to %s is the one of botocore', async (address, service, region) => {
    const url = new URL(address);
    const { authenticate } = await authentication(url, { aws: true }, {});
    const request = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: BODY };
    const signed = await authenticate(request);
    expect(signed['x-amz-security-token']).toBe('session-token');
    expect(signed.authorization).toContain(`/${region}/${service}/aws4_request`);
    expect(signed.authorization).toBe(expectedSignature(request, signed, service, region));
  });

  test('covers a body of bytes and a GET without one', async () => {
    const url = new URL('https://abc.execute-api.eu-west-1.amazonaws.com/prod/v2/models');
    const { authenticate } = await authentication(url, {}, {});
    const post = { method: 'POST', url, headers: {}, body: Buffer.from(BODY) };
    const signed = await authenticate(post);
    expect(signed.authorization).toBe(expectedSignature({ ...post, body: BODY }, signed, 'execute-api', 'eu-west-1'));
    const get = await authenticate({ method: 'GET', url, headers: {} });
    expect(get.authorization).toBe(
      expectedSignature({ method: 'GET', url, headers: {} }, get, 'execute-api', 'eu-west-1'),
    );
  });
});

describe('a URL of AWS', () => {
  const url = new URL('https://abc.execute-api.eu-west-1.amazonaws.com/prod');
  const request = { method: 'GET', url, headers: {} };

  test('is signed without being asked for, unless the caller authenticates otherwise', async () => {
    expect((await (await authentication(url, {}, {})).authenticate(request)).authorization).toMatch(
      /^AWS4-HMAC-SHA256 /,
    );
    const { authenticate } = await authentication(url, {}, { authorization: 'Bearer mine' });
    expect((await authenticate({ ...request, headers: { authorization: 'Bearer mine' } })).authorization).toBe(
      'Bearer mine',
    );
  });

  test('is not signed over plain HTTP unless asked for', async () => {
    const plain = new URL('http://abc.execute-api.eu-west-1.amazonaws.com/prod');
    expect(await (await authentication(plain, {}, {})).authenticate({ ...request, url: plain })).toEqual({});
  });

  test('takes the API key beside the signature', async () => {
    const { authenticate } = await authentication(url, { apiKey: 'k' }, {});
    const headers = await authenticate(request);
    expect(headers['x-api-key']).toBe('k');
    expect(headers.authorization).toMatch(/SignedHeaders=host;[^,]*x-api-key/);
  });

  describe('without credentials', () => {
    beforeEach(() => {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
        vi.stubEnv(name, undefined);
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
      vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    });

    test('is called as it is, and the hint says why', async () => {
      const { authenticate, hint } = await authentication(url, {}, {});
      expect(await authenticate(request)).toEqual({});
      expect(hint()).toMatch(
        /not authenticated: Could not load credentials from any providers\. Authenticate with --aws/,
      );
    });

    test('fails where a signature was asked for', async () => {
      const { authenticate } = await authentication(url, { aws: true }, {});
      await expect(authenticate(request)).rejects.toThrow(/^AWS credentials: Could not load credentials/);
    });
  });

  test('of a custom domain needs a region', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', undefined);
    const custom = new URL('https://models.example.com');
    await expect(authentication(custom, { aws: true }, {})).rejects.toThrow(/names no region\. Set AWS_REGION/);
  });
});
