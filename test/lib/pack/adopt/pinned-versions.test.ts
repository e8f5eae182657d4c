import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { versionNotes } from '../../../../lib/pack/adopt/pinned-versions.js';
import { PYTHON } from './support.js';

beforeAll(() => vi.stubEnv('MODELSHIP_PYTHON', PYTHON));
afterAll(() => vi.unstubAllEnvs());

test('the version of a package for CPUs alone is compared', { timeout: 60_000 }, async () => {
  expect(await versionNotes({ tensorflow: '2.0.0' }, undefined)).toEqual([
    expect.stringMatching(/^tensorflow: the model was saved with version 2\.0\.0 and is loaded with \d/),
  ]);
});
