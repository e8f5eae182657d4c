import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readManifest, verifyFiles } from '../../../runtime/src/manifest/index.js';
import { download } from '../../../runtime/src/store/download.js';
import { fetchPackage } from '../../../runtime/src/store/fetch-package.js';
import { Moto } from '../../support/moto.js';

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');
const LARGE = Buffer.alloc(20 * 1024 * 1024, 'modelship');

let moto: Moto;

beforeAll(async () => {
  moto = await Moto.start();
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  const s3 = new S3Client({ forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
  const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket: 'models', Key, Body }));
  const files = ['model.json', ...readManifest(IRIS).files.map(({ path }) => path)];
  for (const path of files) await put(`a b/iris/${path}`, readFileSync(join(IRIS, path)));
  await put('large', LARGE);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await moto.stop();
});

describe('a package in S3', () => {
  it('is fetched whole', async () => {
    const directory = await fetchPackage('s3://models/a%20b/iris', readManifest(IRIS).digest);
    await verifyFiles(directory, readManifest(directory));
  });

  it('is not fetched if its digest is another', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    await expect(fetchPackage('s3://models/a%20b/iris/', other)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('is named where it does not exist', async () => {
    await expect(fetchPackage('s3://models/none', undefined)).rejects.toThrow(
      's3://models/none/model.json cannot be fetched: S3 answered 404 (NoSuchKey)',
    );
  });

  it('arrives in order though its parts are read at once', async () => {
    const path = join(await fetchPackage('s3://models/a%20b/iris', undefined), 'large');
    await download('s3://models/large', path, LARGE.length);
    expect(readFileSync(path).equals(LARGE)).toBe(true);
  });
});
