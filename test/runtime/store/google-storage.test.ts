import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readManifest, verifyFiles } from '../../../runtime/src/manifest/index.js';
import { GoogleStorage } from '../../support/google-storage.js';
import { slowPackage } from '../faults/servers.js';
import { entry, models } from '../models/model-folders.js';

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');
const LARGE = Buffer.alloc(20 * 1024 * 1024, 'modelship');

let google: GoogleStorage;
let findPackages: typeof import('../../../runtime/src/store/package-source.js').findPackages;
let download: typeof import('../../../runtime/src/store/download.js').download;

beforeEach(async () => {
  google = await GoogleStorage.start();
  for (const [name, value] of Object.entries(google.env)) vi.stubEnv(name, value);
  for (const path of ['model.json', ...readManifest(IRIS).files.map((file) => file.path)]) {
    google.objects.set(`models/a b/iris+1/${path}`, readFileSync(join(IRIS, path)));
  }
  // As a new process has them, which keeps no token of another test.
  vi.resetModules();
  ({ findPackages } = await import('../../../runtime/src/store/package-source.js'));
  ({ download } = await import('../../../runtime/src/store/download.js'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  google.stop();
});

const tokens = () => google.asked.filter((path) => path.includes('computeMetadata'));

describe('packages in Google Cloud Storage', () => {
  it("are fetched whole, by the host's service account, which is asked for once", async () => {
    const [stored] = await findPackages('gs://models/a%20b/iris+1');
    const { directory, dispose } = await stored!.fetch(await stored!.manifest());
    await verifyFiles(directory, readManifest(directory));
    await dispose();
    expect(tokens()).toHaveLength(1);
    expect(google.asked[1]).toBe('/storage/v1/b/models/o/a%20b%2Firis%2B1%2Fmodel.json?alt=media');
  });

  it('are found below a prefix, on all pages', async () => {
    for (let version = 10; version < 22; version++) google.objects.set(`models/many/${version}/model.json`, LARGE);
    google.objects.set('models/many/1/2/model.json', LARGE);
    google.objects.set('models/many/1/2/3/model.json', LARGE);
    google.objects.set('models/many/../secret/model.json', LARGE);
    google.objects.set('models/many-others/model.json', LARGE);
    const found = await findPackages('gs://models/many');
    expect(found.map(({ location }) => location)).toEqual([
      'gs://models/many/1/2/',
      ...Array.from({ length: 12 }, (_, index) => `gs://models/many/${10 + index}/`),
    ]);
    expect(await findPackages('gs://models/none')).toEqual([]);
  });

  it('arrive in order though their parts are read at once', async () => {
    google.objects.set('models/large', LARGE);
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-store-')), 'large');
    await download('gs://models/large', path, LARGE.length);
    expect(readFileSync(path).equals(LARGE)).toBe(true);
    expect(google.asked.filter((each) => each.includes('alt=media'))).toHaveLength(3);
  });

  it('are not given by a token that opens nothing, which is not told and not tried again', async () => {
    google.given = 'another-token';
    const error = (await findPackages('gs://models/a%20b/iris+1').catch((thrown) => thrown)) as Error;
    expect(error.message).toBe('gs://models/a%20b/iris+1/model.json cannot be fetched: the store answered 403');
    expect(google.asked).toHaveLength(2);
  });
});

describe('versions below a prefix of a store', () => {
  it('are switched to as they come, and what was fetched of the old ones is removed', async () => {
    const put = (version: string) => {
      const folder = slowPackage(1, version);
      for (const path of readdirSync(folder)) {
        google.objects.set(`models/slow/${version}/${path}`, readFileSync(join(folder, path)));
      }
    };
    const fetched = mkdtempSync(join(tmpdir(), 'modelship-fetched-'));
    vi.stubEnv('TMPDIR', fetched);
    const { controlled, states } = models();
    put('1');
    await controlled.start([entry('gs://models/slow', { policy: { kind: 'latest', count: 1 } })]);
    expect(states()).toEqual(['1 AVAILABLE']);
    put('2');
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
    expect(readdirSync(fetched).filter((name) => name.startsWith('modelship-tmp-model-'))).toHaveLength(1);
    // The store fails, and what is served stays.
    google.given = 'another-token';
    google.objects.clear();
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
  });
});

describe("Google's metadata server", () => {
  it('is asked again after a failure, and its answer is kept for a while', async () => {
    const { cachedCredentials } = await import('../../../runtime/src/store/credentials.js');
    vi.useFakeTimers();
    try {
      let asked = 0;
      const credentials = cachedCredentials(async () => {
        if (++asked === 1) throw new Error('not yet');
        return { authorization: `${asked}` };
      });
      await expect(credentials()).rejects.toThrow('not yet');
      expect(await credentials()).toEqual({ authorization: '2' });
      expect(await credentials()).toEqual({ authorization: '2' });
      vi.advanceTimersByTime(61_000);
      expect(await credentials()).toEqual({ authorization: '3' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives the token that the store is asked with', async () => {
    const { googleHeaders } = await import('../../../runtime/src/store/cloud-token.js');
    expect(await googleHeaders()).toEqual({ authorization: 'Bearer google-token' });
    google.stop();
    await expect(googleHeaders()).rejects.toThrow();
  });
});
