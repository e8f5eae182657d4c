import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const lib = join(__dirname, '..', '..', '..', 'lib');
const FOLDERS = ['azure', 'gcp', 'kubernetes', 'terraform'];

const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = sources.flatMap((file) =>
  // Not by a pattern, which would also find the imports in texts that `init` writes.
  ts
    .preProcessFile(readFileSync(join(lib, file), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => ({ file, path: fileName })),
);
const ofCdktf = imports.filter(({ path }) => /^(cdktf$|cdktf\/|cdktn|@cdktf\/)/.test(path));

test('the toolkit is imported by the folders of the clouds that need it, and by no other', () => {
  expect(ofCdktf.length).toBeGreaterThan(50);
  const elsewhere = ofCdktf.filter(({ file }) => !FOLDERS.includes(file.split('/')[0]!));
  expect(elsewhere).toEqual([]);
});

test('it is imported as `cdktf`, and bindings one by one: the index of a provider has all of them', () => {
  const wrong = ofCdktf.filter(
    ({ path }) => path !== 'cdktf' && !/^@cdktf\/provider-[a-z]+\/lib\/[a-z0-9-]+$/.test(path),
  );
  expect(wrong).toEqual([]);
});
