import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readLines } from '../../../runtime/src/batch/lines.js';
import { openStore } from '../../../runtime/src/store/open-store.js';
import { Upload } from '../../../runtime/src/store/upload.js';
import { AZURE_STORAGE_URL, AzureStorage } from '../../support/azure-storage.js';
import { GoogleStorage } from '../../support/google-storage.js';

const PART_BYTES = 8 * 1024 * 1024;

let google: GoogleStorage;
let azure: AzureStorage;

beforeAll(async () => {
  google = await GoogleStorage.start();
  for (const [name, value] of Object.entries(google.env)) vi.stubEnv(name, value);
  azure = await AzureStorage.start('batches');
}, 60_000);
afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  google.stop();
  await azure.stop();
});

async function linesOf(url: string, maxBytes = PART_BYTES): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(url, maxBytes)) lines.push(line.toString());
  return lines;
}

describe.each([
  ['Google Cloud Storage', 'gs://batches/a%20b'],
  ['Azure Blob Storage', `${AZURE_STORAGE_URL}/batches/a%20b`],
])('objects in %s', (_, folder) => {
  const write = async (name: string, ...texts: string[]) => {
    const upload = await Upload.begin(`${folder}/${name}`, 'application/jsonlines');
    for (const text of texts) await upload.add(text);
    await upload.end();
  };

  test.each([
    ['several parts', 20 * 1024 * 1024],
    ['exactly one part', PART_BYTES],
    ['one byte more than a part', PART_BYTES + 1],
    ['nothing', 0],
  ])('of %s are written and read whole, by lines that lie across parts', async (name, size) => {
    const text = `${'x'.repeat(1012)}\n`.repeat(Math.ceil(size / 1013)).slice(0, size);
    await write(name, text.slice(0, 5), text.slice(5));
    expect(await linesOf(`${folder}/${encodeURIComponent(name)}`)).toEqual(text.split('\n').filter(Boolean));
  });

  test('are not visible before they are complete', async () => {
    const upload = await Upload.begin(`${folder}/unfinished`, 'text/plain');
    await upload.add('x'.repeat(PART_BYTES + 1));
    const store = await openStore(folder);
    expect(await store.list!(new URL(`${folder}/unf`))).toEqual([]);
    await upload.end();
    expect(await store.list!(new URL(`${folder}/unf`))).toEqual(['inished']);
  });

  test('with a line above the limit are rejected', async () => {
    for (const text of [`1\n${'x'.repeat(101)}`, `${'x'.repeat(101)}\n1\n`]) {
      await write('long', text);
      await expect(linesOf(`${folder}/long`, 100)).rejects.toThrow('a line has more than 100 bytes');
    }
  });
});

test('parts that Cloud Storage did not take are written again', async () => {
  google.failures.push(503, 500, 429);
  const upload = await Upload.begin('gs://batches/again', 'text/plain');
  const text = 'modelship'.repeat(2 * 1024 * 1024);
  await upload.add(text);
  await upload.end();
  expect(google.objects.get('batches/again')?.toString() === text).toBe(true);
});

test.each([0, 256 * 1024])('a last part of which Cloud Storage took only %d bytes is written whole', async (taken) => {
  google.takenBytes.push(taken);
  const upload = await Upload.begin('gs://batches/part', 'text/plain');
  const text = 'modelship'.repeat(64 * 1024);
  await upload.add(text);
  await upload.end();
  expect(google.objects.get('batches/part')?.toString() === text).toBe(true);
});

test('a list of blocks that Blob Storage did not take is written again, without a second last block', async () => {
  const { fetch } = globalThis;
  let lists = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) =>
    url.includes('comp=blocklist') && ++lists === 1 ? new Response(null, { status: 503 }) : fetch(url, init),
  );
  try {
    const upload = await Upload.begin(`${AZURE_STORAGE_URL}/batches/again`, 'text/plain');
    await upload.add('1\n2\n');
    await upload.end();
    expect(lists).toBe(2);
    expect(await linesOf(`${AZURE_STORAGE_URL}/batches/again`)).toEqual(['1', '2']);
  } finally {
    vi.stubGlobal('fetch', fetch);
  }
});

test('a store that the runtime cannot write to is named', async () => {
  await expect(Upload.begin('https://example.com/a.out?sig=secret', 'text/plain')).rejects.toThrow(
    'https://example.com/a.out cannot be written: gs:// and Azure Blob Storage are supported',
  );
});
