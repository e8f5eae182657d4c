import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const read = (models: unknown) =>
  readConfig({ [ENVIRONMENT.models]: typeof models === 'string' ? models : JSON.stringify(models) });
const refusal = (models: unknown) => {
  try {
    read(models);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('the models that the environment names', () => {
  it('are a location by each name, or more', () => {
    const { models, modelsFile } = read({
      iris: 's3://bucket/iris',
      'wine.v2': {
        location: '/models/wine',
        versions: { latest: 2 },
        labels: { stable: 1, canary: '20240102030405678' },
        digests: [DIGEST],
      },
      old: { location: '/models/old', versions: [1, '3'] },
    });
    expect(modelsFile).toBeUndefined();
    expect(models).toEqual([
      { name: 'iris', location: 's3://bucket/iris', policy: { kind: 'all' }, labels: {} },
      {
        name: 'wine.v2',
        location: '/models/wine',
        policy: { kind: 'latest', count: 2 },
        labels: { stable: '1', canary: '20240102030405678' },
        digests: [DIGEST],
      },
      { name: 'old', location: '/models/old', policy: { kind: 'specific', versions: ['1', '3'] }, labels: {} },
    ]);
  });

  it('are in a file where it is no JSON', () => {
    expect(read('/etc/modelship/models.json')).toMatchObject({
      models: undefined,
      modelsFile: '/etc/modelship/models.json',
    });
    expect(readConfig({})).toMatchObject({ models: undefined, modelsFile: undefined, modelControl: false });
  });

  it.each<[unknown, string]>([
    ['{"iris": ', 'it is not valid JSON'],
    [{}, 'must be a JSON object'],
    [{ iris: '' }, 'model "iris": must be a folder, a URL'],
    [{ iris: null }, 'model "iris": must be a folder, a URL'],
    [{ iris: { location: 3 } }, 'model "iris": must be a folder, a URL'],
    [{ iris: { location: 'x', place: 'y' } }, 'got place; location, versions, labels, digests are allowed'],
    [{ 'a/b': 'x' }, 'model "a/b": 1 to 200 letters'],
    [{ a: { location: 'x', versions: 'newest' } }, 'versions: got "newest"; "all", {"latest": 1} and a list'],
    [{ a: { location: 'x', versions: [] } }, 'versions: got []'],
    [{ a: { location: 'x', versions: ['1.5'] } }, 'versions: got ["1.5"]'],
    [{ a: { location: 'x', versions: { latest: 0 } } }, 'versions: got {"latest":0}'],
    [{ a: { location: 'x', versions: { latest: 1, all: true } } }, 'versions: got {"latest":1,"all":true}'],
    [{ a: { location: 'x', digests: [] } }, 'digests: got []; must be a list of'],
    [{ a: { location: 'x', digests: 'sha256:12' } }, 'digests: got "sha256:12"'],
    [{ a: { location: 'x', digests: ['sha256:12'] } }, 'digests: got ["sha256:12"]'],
    [{ a: { location: 'x', labels: ['stable'] } }, 'labels: got ["stable"]; must map each label'],
    [{ a: { location: 'x', labels: { 'a/b': 1 } } }, 'labels: got {"a/b":1}'],
    [{ a: { location: 'x', labels: { stable: 'new' } } }, 'labels: got {"stable":"new"}'],
  ])('are refused as %j', (models, message) => {
    expect(refusal(models)).toContain(`${ENVIRONMENT.models}: `);
    expect(refusal(models)).toContain(message);
  });

  it('are told every fault of, at once', () => {
    const message = refusal({ 'a/b': '', c: { location: 'x', versions: 0, labels: 0 } });
    expect(message.match(/\n {2}- /g)).toHaveLength(4);
  });

  it('cannot be held to the digest of one package', () => {
    const variables = { [ENVIRONMENT.models]: '{"a":"x"}', [ENVIRONMENT.modelDigest]: DIGEST };
    expect(() => readConfig(variables)).toThrow(`use \`digests\` in ${ENVIRONMENT.models} instead`);
  });
});
