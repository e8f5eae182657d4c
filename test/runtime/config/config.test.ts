import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';

const refusal = (variables: Record<string, string>) => {
  try {
    readConfig(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the variables were taken');
};

describe('the configuration', () => {
  it('has defaults for all but what opens the server', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      model: process.cwd(),
      port: 8080,
      maxBodyBytes: 64 * 1024 * 1024,
      logLevel: 'info',
    });
    for (const name of [
      'grpcPort',
      'metricsPort',
      'managementPort',
      'threads',
      'jwt',
      'apiKeyHashes',
      'corsOrigins',
      'requestsPerSecond',
      'pollSeconds',
      'modelDigest',
    ] as const) {
      expect(config[name]).toBeUndefined();
    }
  });

  it('takes an empty variable as one that is not set, as hosts cannot unset what an image sets', () => {
    expect(readConfig({ [ENVIRONMENT.port]: ' ', [ENVIRONMENT.jwtIssuer]: '', [ENVIRONMENT.grpcPort]: '' })).toEqual(
      readConfig({}),
    );
  });

  it('tells every fault at once', () => {
    const wrong = {
      [ENVIRONMENT.port]: '65536',
      [ENVIRONMENT.grpcPort]: '-1',
      [ENVIRONMENT.metricsPort]: '70000',
      [ENVIRONMENT.managementPort]: '70000',
      [ENVIRONMENT.maxBodyBytes]: '64MB',
      [ENVIRONMENT.maxQueue]: '0',
      [ENVIRONMENT.timeoutSeconds]: '1.5',
      [ENVIRONMENT.batchWindowMs]: '1001',
      [ENVIRONMENT.threads]: '1e3',
      [ENVIRONMENT.logLevel]: 'verbose',
      [ENVIRONMENT.modelDigest]: 'sha256:12',
      [ENVIRONMENT.signerKey]: 'release.pub',
      [ENVIRONMENT.signerRoots]: 'root.pem',
      [ENVIRONMENT.kserveStatus]: 'yes',
      [ENVIRONMENT.corsOrigins]: 'https://pages.example, https://pages.example/path',
      [ENVIRONMENT.jwtIssuer]: 'http://issuer.example',
    };
    const message = refusal(wrong);
    for (const name of [...Object.keys(wrong), ENVIRONMENT.jwtAudience]) expect(message).toContain(`- ${name}: `);
    expect(message).toContain('got "64MB"; a whole number from 1 to');
  });

  it('needs issuer and audience together', () => {
    expect(refusal({ [ENVIRONMENT.jwtAudience]: 'models' })).toContain(ENVIRONMENT.jwtIssuer);
    expect(refusal({ [ENVIRONMENT.jwtIssuer]: 'https://issuer.example' })).toContain(ENVIRONMENT.jwtAudience);
    expect(refusal({ [ENVIRONMENT.jwtIssuer]: 'https://issuer.example', [ENVIRONMENT.jwtAudience]: 'a,' })).toContain(
      ENVIRONMENT.jwtAudience,
    );
  });

  it('takes several audiences', () => {
    const variables = { [ENVIRONMENT.jwtIssuer]: 'https://issuer.example', [ENVIRONMENT.jwtAudience]: 'one, two' };
    expect(readConfig(variables).jwt).toEqual({ issuer: 'https://issuer.example', audience: ['one', 'two'] });
  });

  it('takes hashes of API keys, and never repeats what may be a key itself', () => {
    const hash = 'AB'.repeat(32);
    expect(readConfig({ [ENVIRONMENT.apiKeyHashes]: `${hash}, ${hash}` }).apiKeyHashes).toEqual([
      hash.toLowerCase(),
      hash.toLowerCase(),
    ]);
    expect(refusal({ [ENVIRONMENT.apiKeyHashes]: 'my-secret-key' })).not.toContain('my-secret-key');
  });
});
