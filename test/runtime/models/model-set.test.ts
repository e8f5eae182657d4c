import { mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@modelship/runtime/manifest';
import { describe, expect, it, vi } from 'vitest';
import { everythingAt } from '../../../runtime/src/models/model-entry.js';
import { writePackage } from '../../support/packages.js';
import { slowPackage } from '../faults/servers.js';
import { entry, models, VersionFolder } from './model-folders.js';

const latest = { policy: { kind: 'latest', count: 1 } } as const;

describe('the versions of a model', () => {
  it('are loaded as the policy says, and the old one retires once the new one is there', async () => {
    const folder = new VersionFolder('1', '2');
    const { controlled, catalog, states } = models();
    await controlled.start([entry(folder.path, latest)]);
    expect(states()).toEqual(['2 AVAILABLE']);
    const old = catalog.find('slow')!;
    folder.add('10');
    await controlled.refresh();
    expect(states()).toEqual(['10 AVAILABLE']);
    expect(old.state).toBe('END');
  });

  it('come and go by number where the policy names them', async () => {
    const folder = new VersionFolder('1', '2', '3');
    const { controlled, states } = models();
    await controlled.start([entry(folder.path, { policy: { kind: 'specific', versions: ['1', '3', '4'] } })]);
    expect(states()).toEqual(['3 AVAILABLE', '1 AVAILABLE']);
    folder.add('4');
    folder.remove('1');
    await controlled.refresh();
    expect(states()).toEqual(['4 AVAILABLE', '3 AVAILABLE']);
  });

  it('keep serving where the new one is bad, which is told until it is mended', async () => {
    const folder = new VersionFolder('1');
    const { controlled, catalog, states, lines } = models();
    await controlled.start([entry(folder.path, latest)]);
    folder.addBad('2');
    for (let look = 0; look < 4; look++) await controlled.refresh();
    expect(states()).toEqual(['2 END', '1 AVAILABLE']);
    expect(catalog.versions('slow')[0]!.failure).toMatch(/has 10 bytes, and the manifest says/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the previous versions keep serving');
    folder.add('2', 2);
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
  });

  it('are not served where the new one answers its samples otherwise', async () => {
    const folder = new VersionFolder('1');
    const { controlled, catalog, states } = models();
    await controlled.start([entry(folder.path, latest)]);
    const directory = slowPackage(1, '2');
    const content = (path: string) => readFileSync(join(directory, path), 'utf8');
    const manifest = JSON.parse(content('model.json')) as Manifest;
    const samples = content('samples.json').replace(
      '"shape":[1],"datatype":"FP32","data":[1]',
      '"shape":[1],"datatype":"FP32","data":[2]',
    );
    writePackage(
      { ...manifest, content: { 'model.onnx': readFileSync(join(directory, 'model.onnx')), 'samples.json': samples } },
      directory,
    );
    folder.put('2', directory);
    await controlled.refresh();
    expect(states()).toEqual(['2 END', '1 AVAILABLE']);
    expect(catalog.versions('slow')[0]!.failure).toMatch(/sample/);
  });

  it('start with an older one where the newest is bad, so that more instances can start', async () => {
    const folder = new VersionFolder('1', '2');
    folder.addBad('3');
    const { controlled, states, lines } = models();
    await controlled.start([entry(folder.path, latest)]);
    expect(states()).toEqual(['3 END', '2 AVAILABLE']);
    expect(lines).toHaveLength(1);
    await controlled.refresh();
    expect(lines).toHaveLength(1);
  });

  it('are replaced by a package of the same number, which answers before the other goes', async () => {
    const folder = new VersionFolder('1');
    const { controlled, catalog, states } = models();
    await controlled.start([entry(folder.path)]);
    const old = catalog.find('slow')!;
    folder.addBad('1');
    await controlled.refresh();
    expect(catalog.find('slow')).toBe(old);
    folder.add('1', 2);
    await controlled.refresh();
    expect(catalog.find('slow')).not.toBe(old);
    expect(states()).toEqual(['1 AVAILABLE']);
  });

  it('stay where their folders are gone, as that is more likely a mistake', async () => {
    const folder = new VersionFolder('1', '2');
    const { controlled, states, lines } = models();
    await controlled.start([everythingAt(folder.path)]);
    folder.remove('1');
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
    folder.remove('2');
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('no model package at');
  });

  it('are one of two packages that say they are the same, and the other is reported', async () => {
    const folder = new VersionFolder('1');
    folder.put('0-copy', slowPackage(2, '1'));
    const { controlled, lines, catalog } = models();
    const taken = /\/1 is version 1 of model slow, as is .*0-copy, which is served/;
    await expect(controlled.start([everythingAt(folder.path)])).rejects.toThrow(taken);
    expect(lines).toEqual([]);
    await controlled.start([everythingAt(join(folder.path, '1'))]);
    await controlled.replace([everythingAt(folder.path)]);
    expect(lines).toEqual([expect.stringMatching(taken)]);
    expect(catalog.find('slow')).toBeDefined();
  });
});

describe('a version that is replaced while it is asked', () => {
  it('answers until who holds it has made the last call', async () => {
    const folder = new VersionFolder('1');
    const { controlled, catalog, states } = models();
    await controlled.start([entry(folder.path, latest)]);
    const old = catalog.find('slow')!;
    let release = () => {};
    const held = old.hold(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const inputs = [{ name: 'rounds', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) }] as const;
    await old.infer({ inputs });
    folder.add('2');
    const switching = controlled.refresh();
    await vi.waitUntil(() => catalog.find('slow')?.version === '2' && old.state === 'UNLOADING');
    expect((await old.infer({ inputs })).outputs).toHaveLength(1);
    expect(states()).toEqual(['2 AVAILABLE', '1 UNLOADING']);
    release();
    await Promise.all([held, switching]);
    expect(states()).toEqual(['2 AVAILABLE']);
    await expect(old.infer({ inputs })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('lets nobody hold a version, and with it every change, for longer than a request may take', async () => {
  const folder = new VersionFolder('1');
  const { controlled, catalog, states } = models({ timeoutSeconds: 0.05 });
  await controlled.start([entry(folder.path, latest)]);
  let aborted: boolean | undefined;
  const held = catalog.find('slow')!.hold(async (hold) => {
    await vi.waitUntil(() => hold.aborted);
    aborted = hold.aborted;
    return new Promise(() => {});
  });
  await expect(held).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', message: 'no response within 0.05 s' });
  folder.add('2');
  await controlled.refresh();
  expect(states()).toEqual(['2 AVAILABLE']);
  await vi.waitUntil(() => aborted);
});

describe('labels', () => {
  it('keep the version they point to, whatever the policy says', async () => {
    const folder = new VersionFolder('1', '2', '3');
    const { controlled, catalog, states } = models();
    await controlled.start([entry(folder.path, { ...latest, labels: { stable: '1' } })]);
    expect(states()).toEqual(['3 AVAILABLE', '1 AVAILABLE']);
    expect(catalog.labels('slow')).toEqual({ stable: '1' });
  });

  it('point to available versions only, or the start fails', async () => {
    const folder = new VersionFolder('1');
    folder.addBad('2');
    const { controlled, catalog } = models();
    await expect(controlled.start([entry(folder.path, { labels: { stable: '1', canary: '2' } })])).rejects.toThrow(
      'Request to assign label to version 2 of model slow, which is not currently available for inference',
    );
    expect(catalog.labels('slow')).toEqual({});
  });
});

describe('a start', () => {
  it('fails where a model has no version that can be loaded', async () => {
    const folder = new VersionFolder();
    folder.addBad('1');
    await expect(models().controlled.start([entry(folder.path)])).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });

  it('fails where a manifest cannot be read, as nobody knows whose it is', async () => {
    const folder = new VersionFolder('1', '2');
    writeFileSync(join(folder.path, '2', 'model.json'), '{');
    await expect(models().controlled.start([everythingAt(folder.path)])).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    });
  });

  it('that fails keeps nothing in memory', async () => {
    const folder = new VersionFolder('1');
    const bad = new VersionFolder();
    bad.addBad('1');
    const { controlled, catalog } = models();
    await expect(controlled.start([entry(folder.path), entry(bad.path, { name: 'bad' })])).rejects.toThrow();
    expect(catalog.names()).toEqual([]);
  });

  it('fails where there is nothing', async () => {
    const { path } = new VersionFolder();
    await expect(models().controlled.start([everythingAt(path)])).rejects.toThrow(`no model package at ${path}`);
    await expect(models().controlled.start([everythingAt(join(path, 'none'))])).rejects.toThrow('no model package');
  });

  it('fails where there are packages, and none of a version that is to be served', async () => {
    const folder = new VersionFolder('1', '2');
    const policy = { kind: 'specific', versions: ['3'] } as const;
    await expect(models().controlled.start([entry(folder.path, { policy })])).rejects.toThrow(
      `model slow: ${folder.path} has none of the requested versions`,
    );
  });

  it('loads one digest only where that is asked for', async () => {
    const folder = new VersionFolder('1');
    const { digest } = JSON.parse(readFileSync(join(folder.path, '1', 'model.json'), 'utf8')) as { digest: string };
    const { controlled, states } = models();
    await controlled.start([everythingAt(folder.path, [digest])]);
    folder.add('2');
    await controlled.refresh();
    expect(states()).toEqual(['1 AVAILABLE']);
  });

  it('serves what a link in the folder leads to, and what it is switched to', async () => {
    const { path } = new VersionFolder('1', '2');
    const folder = mkdtempSync(join(tmpdir(), 'modelship-linked-'));
    const current = join(folder, 'current');
    symlinkSync(join(path, '1'), current);
    const { controlled, states } = models();
    await controlled.start([everythingAt(folder)]);
    expect(states()).toEqual(['1 AVAILABLE']);
    symlinkSync(join(path, '2'), join(folder, 'next'));
    renameSync(join(folder, 'next'), current);
    await controlled.refresh();
    expect(states()).toEqual(['2 AVAILABLE']);
  });
});
