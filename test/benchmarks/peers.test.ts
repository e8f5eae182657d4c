import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { installed } from '../../benchmarks/support/peers.js';

describe('an environment', () => {
  const REQUIREMENTS = 'peer==1.0\n';
  const digest = createHash('sha256').update(REQUIREMENTS).digest('hex');
  let venv: string;
  let file: string;
  let count: number;

  /** Makes an environment whose pip installs nothing. */
  const create = () => {
    count++;
    mkdirSync(join(venv, 'bin'), { recursive: true });
    writeFileSync(join(venv, 'bin', 'python'), '#!/bin/sh\n', { mode: 0o755 });
  };

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'peers-'));
    venv = join(folder, 'venv');
    file = join(folder, 'requirements.txt');
    writeFileSync(file, REQUIREMENTS);
    count = 0;
  });

  test('is installed once for each version of the requirements', () => {
    for (let use = 0; use < 2; use++) expect(installed(venv, file, create)).toBe(join(venv, 'bin', 'python'));
    expect(count).toBe(1);
    writeFileSync(file, 'peer==2.0\n');
    installed(venv, file, create);
    expect(count).toBe(2);
    expect(existsSync(`${venv}.lock`)).toBe(false);
  });

  test('is not installed again after another process has installed it', () => {
    mkdirSync(venv);
    writeFileSync(`${venv}.lock`, String(process.pid));
    spawn('sh', ['-c', 'sleep 0.5; printf %s "$1" > "$0/installed"; rm "$0.lock"', venv, digest]);
    installed(venv, file, create);
    expect(count).toBe(0);
  });

  test('is installed if the process that began it is gone', () => {
    writeFileSync(`${venv}.lock`, String(spawnSync('true').pid));
    installed(venv, file, create);
    expect(count).toBe(1);
    expect(readFileSync(join(venv, 'installed'), 'utf8')).toBe(digest);
  });

  test('that cannot be created leaves no lock', () => {
    const fail = () => {
      throw new Error('no space left');
    };
    expect(() => installed(venv, file, fail)).toThrow('no space left');
    expect(existsSync(`${venv}.lock`)).toBe(false);
  });
});
