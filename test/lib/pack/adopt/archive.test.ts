import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { archiveKind, unpackArchive } from '../../../../lib/pack/adopt/archive.js';

const root = mkdtempSync(join(tmpdir(), 'modelship-archive-'));

// Python writes archives that no ordinary tool would.
execFileSync('python3', [join(__dirname, 'save_archives.py'), root]);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;

async function unpack(name: string): Promise<string> {
  const folder = join(root, `unpacked-${count++}`);
  mkdirSync(folder);
  const path = join(root, name);
  await unpackArchive(path, archiveKind(path)!, folder);
  return folder;
}

test.each(['good.zip', 'good.tar', 'good.tar.gz', 'good-pax.tar.gz'])('%s is unpacked whole', async (name) => {
  const folder = await unpack(name);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['empty', 'folder', 'folder/deep.txt', 'model.bin']);
  expect(readFileSync(join(folder, 'folder', 'deep.txt'), 'utf8')).toBe('deep'.repeat(1000));
  expect(readFileSync(join(folder, 'model.bin'))).toHaveLength(100_000);
});

test.each([
  ['absolute', /"\/(etc|tmp)\/passwd" leads out of the folder/],
  ['parent', /"folder\/\.\.\/\.\.\/out" leads out of the folder/],
  ['backslash', /"\.\.\\\\out" leads out of the folder/],
  ['drive', /"C:out" leads out of the folder/],
  ['link', /"link" is a link, a device or encrypted/],
  ['twice', /"\.\/model\.bin" occurs twice/],
  ['case', /"MODEL\.bin" occurs twice/],
  ['bomb', /more than \d+ bytes, 100 times its size/],
  ['many', /more than 10000 files/],
  ['repeated', /more than 10000 files/],
])('an archive with %s is refused before anything is unpacked', { timeout: 60_000 }, async (name, message) => {
  for (const ending of ['zip', 'tar.gz']) {
    await expect(unpack(`${name}.${ending}`), ending).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(join(root, `unpacked-${count - 1}`)), ending).toEqual([]);
  }
});

test('a hard link and a device in a tar archive are refused', async () => {
  await expect(unpack('hard.tar.gz')).rejects.toThrow(/"hard" is a link/);
  await expect(unpack('device.tar.gz')).rejects.toThrow(/"device" is a link, a device/);
});

test('an encrypted file and another compression in a ZIP archive are refused', async () => {
  await expect(unpack('encrypted.zip')).rejects.toThrow(/"secret" is a link, a device or encrypted/);
  await expect(unpack('bzip2.zip')).rejects.toThrow(/"model\.bin" is compressed by the method 12/);
});

test.each(['zip', 'tar.gz'])('a changed or cut %s is damaged', async (ending) => {
  const bytes = readFileSync(join(root, `good.${ending}`));
  const changed = Buffer.from(bytes);
  changed[Math.floor(bytes.length / 3)]! ^= 0xff;
  writeFileSync(join(root, `changed.${ending}`), changed);
  writeFileSync(join(root, `cut.${ending}`), bytes.subarray(0, bytes.length - 100));
  for (const name of [`changed.${ending}`, `cut.${ending}`]) {
    await expect(unpack(name), name).rejects.toThrow(/is a damaged archive/);
  }
});

test('a directory that claims a smaller file is refused', async () => {
  await expect(unpack('liar.zip')).rejects.toThrow(/model\.bin: it is larger than its directory says/);
});

test('a directory that names a place behind the end is damaged', async () => {
  await expect(unpack('lost.zip')).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringMatching(/is a damaged archive: model\.bin: /),
  });
});

test('other files are no archives', () => {
  for (const [name, content] of [
    ['short', 'x'],
    ['empty', ''],
    ['gzip', readFileSync(join(root, 'plain.gz'))],
  ] as const) {
    writeFileSync(join(root, name), content);
    expect(archiveKind(join(root, name))).toBeUndefined();
  }
});
