import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readManifest, verifyFiles } from '../../../runtime/src/manifest/index.js';
import { download } from '../../../runtime/src/store/download.js';
import { findPackages } from '../../../runtime/src/store/package-source.js';
import { Moto } from '../../support/moto.js';

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');
const LARGE = Buffer.alloc(20 * 1024 * 1024, 'modelship');

/** More than one answer of moto's holds here. */
const NUMBERS = Array.from({ length: 12 }, (_, index) => 10 + index);

let moto: Moto;

beforeAll(async () => {
  vi.stubEnv('MOTO_S3_DEFAULT_MAX_KEYS', '5');
  moto = await Moto.start();
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  const s3 = new S3Client({ forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
  const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket: 'models', Key, Body }));
  const files = ['model.json', ...readManifest(IRIS).files.map(({ path }) => path)];
  for (const path of files) await put(`a b/iris/${path}`, readFileSync(join(IRIS, path)));
  await put('large', LARGE);
  const manifest = readFileSync(join(IRIS, 'model.json'));
  await put('a b/deep/2/model.json', manifest);
  await put('a b/deep/2/3/model.json', manifest);
  await put('a b/deep/../4/model.json', manifest);
  await put('nested/iris/model.json', manifest);
  await put('nested/iris/code/model.json', Buffer.from('{}'));
  for (const number of NUMBERS) await put(`a b/many/${number}/model.json`, manifest);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await moto.stop();
});

describe('packages in S3', () => {
  it('are fetched whole', async () => {
    const [stored] = await findPackages('s3://models/a%20b/iris');
    const manifest = await stored!.manifest();
    const { directory, dispose } = await stored!.fetch(manifest);
    await verifyFiles(directory, readManifest(directory));
    await dispose();
    expect(existsSync(directory)).toBe(false);
  });

  it('are found below a prefix, as NAME or NAME/VERSION and no deeper, though answers come in pages', async () => {
    const found = await findPackages('s3://models/a%20b/');
    expect(found.map(({ location }) => location)).toEqual([
      's3://models/a%20b/deep/2/',
      's3://models/a%20b/iris/',
      ...NUMBERS.map((number) => `s3://models/a%20b/many/${number}/`),
    ]);
  });

  it('are not the files with the name of the manifest inside a package', async () => {
    const found = await findPackages('s3://models/nested');
    expect(found.map(({ location }) => location)).toEqual(['s3://models/nested/iris/']);
  });

  it('are none below a prefix that holds nothing, and an error where there is no bucket', async () => {
    expect(await findPackages('s3://models/none')).toEqual([]);
    await expect(findPackages('s3://no-such-bucket/iris')).rejects.toThrow(
      's3://no-such-bucket/iris/ cannot be fetched: S3 answered 404 (NoSuchBucket)',
    );
  });

  it('arrive in order though their parts are read at once', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-store-')), 'large');
    await download('s3://models/large', path, LARGE.length);
    expect(readFileSync(path).equals(LARGE)).toBe(true);
  });
});
