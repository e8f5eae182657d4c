import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { bytesLeft, bytesToLoad } from '../../../runtime/src/models/memory.js';

function cgroup(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-cgroup-'));
  mkdirSync(join(folder, 'memory'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('the memory that is left', () => {
  it("is the container's limit without what is used, where pages of files do not count", () => {
    const folder = cgroup({
      'memory.max': '10000\n',
      'memory.current': '7000\n',
      'memory.stat': 'anon 4000\nfile 3000\ninactive_file 1000\nactive_file 2000\n',
    });
    expect(bytesLeft(folder)).toBe(6000);
  });

  it('is told by older kernels too', () => {
    const folder = cgroup({
      'memory/memory.limit_in_bytes': '10000\n',
      'memory/memory.usage_in_bytes': '7000\n',
      'memory/memory.stat': 'inactive_file 7\ntotal_inactive_file 1000\ntotal_active_file 2000\n',
    });
    expect(bytesLeft(folder)).toBe(6000);
  });

  it.each([
    ['there is no limit', { 'memory.max': 'max\n', 'memory.current': '1\n' }],
    ['the limit is beyond the machine', { 'memory.max': `${2 ** 60}\n`, 'memory.current': '0\n' }],
    ['there are no such files', {}],
  ])("is the machine's where %s", (_, files) => {
    expect(bytesLeft(cgroup(files))).toBeGreaterThan(freemem() / 4);
    expect(bytesLeft(cgroup(files))).toBeLessThan(2 ** 50);
  });
});

describe('the memory that a model takes', () => {
  const manifest = (format: string) => ({ format, files: [{ size: 100 }, { size: 50 }] }) as unknown as Manifest;

  it('is that of its files and of what is made of them, in each process', () => {
    expect(bytesToLoad(manifest('onnx'), 4)).toBe(300);
    expect(bytesToLoad(manifest('pickle'))).toBe(300);
    expect(bytesToLoad(manifest('pickle'), 4)).toBe(1200);
    expect(bytesToLoad(manifest('xgboost'), 4)).toBe(300);
  });
});
