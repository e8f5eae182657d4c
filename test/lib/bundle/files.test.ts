import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder, pathBelow } from '../../../lib/bundle/files.js';

describe('a path below a folder', () => {
  test('has forward slashes on Windows too', () => {
    expect(pathBelow('C:\\npm\\runtime', 'C:\\npm\\runtime\\python\\worker\\__main__.py', win32)).toBe(
      'python/worker/__main__.py',
    );
    expect(pathBelow('/npm/runtime', '/npm/runtime/python/worker/__main__.py', posix)).toBe(
      'python/worker/__main__.py',
    );
  });

  test('keeps a backslash that is part of a name on Linux', () => {
    expect(pathBelow('/npm', '/npm/a\\b.py', posix)).toBe('a\\b.py');
  });
});

test('files are in the order of their paths with forward slashes, on every platform', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-files-'));
  for (const path of ['a/c.js', 'a-b.js', 'aB.js', 'a/b.pyc']) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  expect(filesUnder(folder).map((file) => pathBelow(folder, file))).toEqual(['a-b.js', 'a/c.js', 'aB.js']);
});
