import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ENVIRONMENT, LIVE_PATH } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { VersionFolder } from '../models/model-folders.js';
import { until } from './servers.js';

const folder = () => mkdtempSync(join(tmpdir(), 'modelship-folder-'));

describeServers('fault 59: a manifest that is not a regular file, or larger than any', (start) => {
  const places: readonly [string, (path: string) => void, RegExp][] = [
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), /is not a regular file/],
    ['a device', (path) => symlinkSync('/dev/zero', path), /is not a regular file/],
    [
      'a huge file',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 2 ** 31);
      },
      /2147483648 bytes; 4194304 are allowed/,
    ],
  ];

  it.each(places)('%s fails the start with its reason', async (_, make, reason) => {
    const model = folder();
    make(join(model, 'model.json'));
    const server = start({ [ENVIRONMENT.model]: model });
    expect(await server.exit).toBe(1);
    expect(server.log()).toMatch(reason);
  });

  it.each(places)('%s that appears later is reported, and the server goes on', async (_, make, reason) => {
    const models = new VersionFolder('1');
    const server = start({ [ENVIRONMENT.model]: models.path, [ENVIRONMENT.pollSeconds]: '1' });
    const base = await server.url;
    mkdirSync(join(models.path, 'bad'));
    make(join(models.path, 'bad', 'model.json'));
    await until(async () => reason.test(server.log()));
    expect((await fetch(base + LIVE_PATH)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});
