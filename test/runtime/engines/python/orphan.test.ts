import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../../..');

/** Starts a worker, which inherits where errors are written, and stays. */
const SERVER = `
const { spawn } = require('node:child_process');
const [python, cwd] = process.argv.slice(1);
const worker = spawn(python, ['-m', 'modelship_worker'], { cwd, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
worker.on('exit', () => console.error('the worker ended before the server'));
worker.on('spawn', () => console.log('started'));
`;

it('ends a worker with the server, even if that was killed', async () => {
  const server = spawn(process.execPath, ['-e', SERVER, join(root, '.venv/bin/python'), join(root, 'runtime/python')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  server.stderr.on('data', (text) => {
    errors += text;
  });
  // Whoever can still write keeps it open.
  const everyWriterEnded = once(server.stderr, 'end');
  await once(server.stdout, 'data');
  server.kill('SIGKILL');
  await everyWriterEnded;
  expect(errors).toBe('');
});
