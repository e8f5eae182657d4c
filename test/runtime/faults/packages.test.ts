import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest, packageDigest } from '@modelship/runtime/manifest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { IRIS, predict, stopAll } from './servers.js';

type File = Manifest['files'][number];

const iris = JSON.parse(readFileSync(join(IRIS, MANIFEST_FILE), 'utf8')) as Manifest;

/** The manifest of iris, with a digest that fits, whatever was done to it. */
function manifestWith(change: Partial<Manifest>): string {
  const manifest = { ...iris, ...change };
  return JSON.stringify({ ...manifest, digest: packageDigest(manifest) });
}

let server: Server | undefined;
/** Where the runtime puts what it fetches. */
let temporary: string;
let asked: string[];
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'modelship-fault-'));
  mkdirSync(join(temporary, 'fetched'));
  asked = [];
});
afterEach(async () => {
  await stopAll();
  server?.closeAllConnections();
  server?.close();
  rmSync(temporary, { recursive: true });
});

/** A store of a hostile package: its files are those of iris, followed by what `more` says. */
async function store(manifest: string, more = Buffer.alloc(0)): Promise<string> {
  server = createServer(({ url }, response) => {
    asked.push(url!);
    const name = url!.split('/').at(-1)!;
    if (name === MANIFEST_FILE) response.end(manifest);
    else response.end(Buffer.concat([readFileSync(join(IRIS, name)), more]));
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server!.once('listening', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b/c/`;
}

/** Folders of fetched packages, without the cache of what compiles the sources. */
const left = () => readdirSync(join(temporary, 'fetched')).filter((name) => !name.startsWith('tsx-'));

/** Variables of a server for a package, which it fetches to the temporary folder. */
const from = (model: string) => ({ [ENVIRONMENT.model]: model, TMPDIR: join(temporary, 'fetched') });

describeServers('fault 26: a package that reaches out of its folder', (start) => {
  const [first] = iris.files as [File];

  it.each([
    '../outside',
    'a/../../outside',
    '/tmp/outside',
    './model.onnx',
    'a/..',
    '..',
    '..\\outside',
    'model.onnx\0.txt',
  ])('by the path %j is refused, and nothing is written or asked for', async (path) => {
    const model = await store(manifestWith({ files: [...iris.files, { ...first, path }] }));
    await expect(start(from(model)).url).rejects.toThrow(/must be a relative path inside the package/);
    expect(asked).toEqual([`/a/b/c/${MANIFEST_FILE}`]);
    expect(readdirSync(temporary)).toEqual(['fetched']);
    expect(left()).toEqual([]);
  });

  it('by an artifact that is not among its files, or by a path, is refused', async () => {
    await expect(start(from(await store(manifestWith({ artifact: '../../etc/passwd' })))).url).rejects.toThrow(
      /must be a relative path inside the package/,
    );
  });

  it('by a link is refused, and what the link leads to is not told', async () => {
    const directory = join(temporary, 'package');
    mkdirSync(directory);
    const secret = join(temporary, 'secret');
    writeFileSync(secret, 'x'.repeat(first.size));
    for (const { path } of iris.files.slice(1)) writeFileSync(join(directory, path), readFileSync(join(IRIS, path)));
    writeFileSync(join(directory, MANIFEST_FILE), JSON.stringify(iris));
    symlinkSync(secret, join(directory, first.path));
    const error = (await start(from(directory)).url.catch((thrown) => thrown)) as Error;
    expect(error.message).toMatch(/has a SHA-256 that differs from the manifest/);
    expect(error.message).not.toContain('xxx');
  });
});

describeServers('fault 26: a package that is larger than it can be', (start) => {
  it('is refused before any of it is fetched', async () => {
    const files = iris.files.map((file) => ({ ...file, size: 2 ** 50 }));
    await expect(start(from(await store(manifestWith({ files })))).url).rejects.toThrow(
      /the package has \d+ bytes, and \d+ are free at /,
    );
    expect(asked).toEqual([`/a/b/c/${MANIFEST_FILE}`]);
    expect(left()).toEqual([]);
  });

  it('is refused where its manifest names too many files', async () => {
    const files = Array.from({ length: 40_000 }, (_, index) => ({ ...iris.files[0]!, path: `file${index}`, size: 0 }));
    await expect(start(from(await store(manifestWith({ files })))).url).rejects.toThrow(
      /model\.json cannot be fetched: it is larger than 4194304 bytes/,
    );
    expect(left()).toEqual([]);
  });

  it('is read no further than its manifest says where the store sends more', async () => {
    const model = await store(manifestWith({}), Buffer.alloc(8 * 1024 * 1024));
    const server = start(from(model));
    expect((await predict(await server.url)).status).toBe(200);
    const [directory] = left();
    for (const { path, size } of iris.files) {
      expect(readFileSync(join(temporary, 'fetched', directory!, path)).length).toBe(size);
    }
    server.child.kill('SIGTERM');
    await server.exit;
    expect(left()).toEqual([]);
  });
});

describeServers('fault 25: a package of a store with another content than its manifest says', (start) => {
  it('is refused, and what was fetched is removed', async () => {
    const files = iris.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    await expect(start(from(await store(manifestWith({ files })))).url).rejects.toThrow(
      /has a SHA-256 that differs from the manifest/,
    );
    expect(left()).toEqual([]);
    expect(existsSync(join(temporary, 'fetched'))).toBe(true);
  });

  it('is refused where a file is shorter than the manifest says', async () => {
    const files = iris.files.map((file) => ({ ...file, size: file.size + 10 }));
    await expect(start(from(await store(manifestWith({ files })))).url).rejects.toThrow(/ended 10 bytes early/);
    expect(left()).toEqual([]);
  });
});
