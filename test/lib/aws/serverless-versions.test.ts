import { afterEach, describe, expect, test, vi } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';
import { make } from './serverless-support.js';

/** Digest of the runtime in the layer; the layer's folder is the same. */
let runtime: string | undefined;

vi.mock('../../../lib/bundle/lambda-layer.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../lib/bundle/lambda-layer.js')>();
  return {
    ...original,
    lambdaLayer: (...args: Parameters<typeof original.lambdaLayer>) => {
      const { directory, digest } = original.lambdaLayer(...args);
      return { directory, digest: runtime ?? digest };
    },
  };
});

afterEach(() => {
  runtime = undefined;
});

const versionOf = (props = {}) =>
  Object.entries(make(props).template().findResources('AWS::Lambda::Version')) as [
    [string, { DeletionPolicy: string }],
  ];

describe('a version of the function', () => {
  test('is published for each content of the runtime, without a feature flag of the app', () => {
    const versions = ['a', 'b', 'a'].map((digit) => {
      runtime = digit.repeat(64);
      return versionOf()[0][0];
    });
    expect(versions[1]).not.toBe(versions[0]);
    expect(versions[2]).toBe(versions[0]);
  }, 120_000);

  test('is published for each model', () => {
    const next = Model.fromDirectory(writePackage({ version: '2' }));
    expect(versionOf({ model: next })[0][0]).not.toBe(versionOf()[0][0]);
  });

  test('stays for a rollback, unless the update that published it is taken back', () => {
    // A version that equals the last one is not published again, so that one that stayed would be in the way of a retry.
    expect(versionOf()[0][1].DeletionPolicy).toBe('RetainExceptOnCreate');
  });
});
