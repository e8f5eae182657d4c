import { appendFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkIdentity, readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { describe, expect, test } from 'vitest';
import { writePackage } from '../../support/packages.js';

describe('verifyFiles', () => {
  test('passes a whole package', async () => {
    const directory = join(__dirname, '..', '..', '..', 'examples', 'iris', 'model');
    await expect(verifyFiles(directory, readManifest(directory))).resolves.toBeUndefined();
  });

  test.each<[string, (folder: string) => void]>([
    ['file', (folder) => writeFileSync(join(folder, 'assets', 'extra.txt'), '')],
    ['link to a folder', (folder) => symlinkSync(tmpdir(), join(folder, 'assets', 'extra.txt'))],
  ])('refuses an unlisted %s in the folder of a model', async (_, add) => {
    const content = { 'saved_model/saved_model.pb': 'graph', 'saved_model/assets/words.txt': 'one' };
    const directory = writePackage({ format: 'saved_model', artifact: 'saved_model', content });
    writeFileSync(join(directory, 'README.md'), 'is not part of the model');
    await expect(verifyFiles(directory, readManifest(directory))).resolves.toBeUndefined();
    add(join(directory, 'saved_model'));
    await expect(verifyFiles(directory, readManifest(directory))).rejects.toMatchObject({
      code: 'FILE_UNLISTED',
      message: expect.stringContaining('saved_model/assets/extra.txt belongs to the model'),
    });
  });

  test.each<[string, (file: string) => void, string, RegExp]>([
    ['missing', (file) => rmSync(file), 'FILE_MISSING', /model\.onnx is missing.*Copy the whole package/],
    ['longer', (file) => appendFileSync(file, '!'), 'FILE_CHANGED', /has 9 bytes, and the manifest says 8/],
    ['cut off', (file) => writeFileSync(file, 'not'), 'FILE_CHANGED', /has 3 bytes/],
    ['of the same length', (file) => writeFileSync(file, 'not REAL'), 'FILE_CHANGED', /SHA-256 that differs/],
  ])('refuses a file that is %s', async (_, damage, code, message) => {
    const directory = writePackage();
    const manifest = readManifest(directory);
    damage(join(directory, 'model.onnx'));
    await expect(verifyFiles(directory, manifest)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('refuses a package that was replaced by another since its manifest was read', async () => {
    const directory = writePackage();
    const manifest = readManifest(directory);
    writePackage({ version: '2' }, directory);
    await expect(verifyFiles(directory, manifest)).rejects.toMatchObject({
      code: 'FILE_CHANGED',
      message: expect.stringMatching(
        /model\.json was replaced after it was read: its digest is now sha256:\w{64}, and was sha256/,
      ),
    });
  });
});

describe('checkIdentity', () => {
  test.each(['a', 'iris-2', 'A_b'])('takes the name %s', (name) => {
    expect(() => checkIdentity({ name, version: '0' })).not.toThrow();
  });

  test.each([
    ['', '1'],
    ['1iris', '1'],
    ['a/b', '1'],
    ['iris', '1.0'],
    ['iris', '-1'],
    ['iris', '01'],
    ['iris', '1234567890123456789'],
  ])('refuses %j, version %j', (name, version) => {
    expect(() => checkIdentity({ name, version })).toThrow(/cannot be served as asked/);
  });
});
