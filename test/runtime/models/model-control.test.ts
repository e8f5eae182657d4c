import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everythingAt } from '../../../runtime/src/models/model-entry.js';
import { writePackage } from '../../support/packages.js';
import { entry, models, VersionFolder } from './model-folders.js';

/** A server that was started with a folder of versions of `slow`. */
async function started(...versions: string[]) {
  const folder = new VersionFolder(...versions);
  const all = models();
  await all.controlled.start([everythingAt(folder.path)]);
  return { folder, ...all };
}

/** A server that models are loaded into by request alone. */
async function empty() {
  const folder = new VersionFolder('1', '2');
  const all = models();
  await all.controlled.start([], [{ location: folder.path }]);
  return { folder, ...all };
}

describe('loading by name', () => {
  it('brings what is new, and what was unloaded', async () => {
    const { controlled, folder, states } = await started('1');
    folder.add('2');
    await controlled.load('slow');
    expect(states()).toEqual(['2 AVAILABLE', '1 AVAILABLE']);
    await controlled.unload('slow');
    expect(states()).toEqual([]);
    expect(controlled.unloaded().map(({ version }) => version)).toEqual(['1', '2']);
    await controlled.refresh();
    expect(states()).toEqual([]);
    await controlled.load('slow');
    expect(states()).toEqual(['2 AVAILABLE', '1 AVAILABLE']);
  });

  it('says what is wrong with a new version, and keeps the others', async () => {
    const { controlled, folder, states } = await started('1');
    folder.addBad('2');
    await expect(controlled.load('slow')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('the manifest says'),
    });
    expect(states()).toEqual(['2 END', '1 AVAILABLE']);
  });

  it.each(['none', 'constructor'])('finds no model %s', async (name) => {
    const { controlled } = await started('1');
    await expect(controlled.load(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(controlled.unload(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['', '../slow', 'a/b', 'a b', 'a\0b', 'x'.repeat(201)])('refuses the name %j', async (name) => {
    const { controlled } = await started('1');
    await expect(controlled.load(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('loading from a place', () => {
  it('serves the package under the name that was asked for, as often as asked', async () => {
    const { controlled, catalog, folder } = await empty();
    await controlled.load('a', join(folder.path, '1'));
    await controlled.load('b', join(folder.path, '1'));
    expect(catalog.names()).toEqual(['a', 'b']);
    expect(catalog.find('a')).toMatchObject({ name: 'a', version: '1', source: join(folder.path, '1') });
    await expect(controlled.load('a', join(folder.path, '2'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await controlled.unload('a');
    expect(catalog.names()).toEqual(['b']);
    await controlled.load('a', join(folder.path, '2'));
    expect(catalog.find('a')!.version).toBe('2');
  });

  it('leaves nothing behind where the package is bad', async () => {
    const { controlled, catalog, folder } = await empty();
    folder.addBad('3');
    await expect(controlled.load('a', join(folder.path, '3'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(catalog.names()).toEqual([]);
    await controlled.load('a', join(folder.path, '1'));
    expect(catalog.names()).toEqual(['a']);
  });

  it('is refused before anything is read where there is no memory left', async () => {
    const { controlled, catalog, folder } = await empty();
    folder.addTooLarge('3');
    await expect(controlled.load('a', join(folder.path, '3'))).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: 'there is not enough memory to load model a',
    });
    expect(catalog.names()).toEqual([]);
  });

  it.each(['/etc', '/', 'http://169.254.169.254/latest/'])('is refused from %s', async (location) => {
    const { controlled } = await empty();
    await expect(controlled.load('a', location)).rejects.toThrow(/^models load only from the configured folders/);
  });

  it('is held to the digests that the operator named, as is another configuration', async () => {
    const folder = new VersionFolder('1', '2');
    const { digest } = JSON.parse(readFileSync(join(folder.path, '1', 'model.json'), 'utf8')) as { digest: string };
    const { controlled, catalog } = models();
    await controlled.start([], [{ location: folder.path, digests: [digest] }]);
    const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('It is not loaded') };
    await expect(controlled.load('a', join(folder.path, '2'))).rejects.toMatchObject(refused);
    await expect(controlled.configure([entry(join(folder.path, '2'), { digests: undefined })])).rejects.toMatchObject(
      refused,
    );
    await controlled.load('a', join(folder.path, '1'));
    expect(catalog.names()).toEqual(['a']);
  });

  it('makes one change at a time', async () => {
    const { controlled, folder } = await empty();
    const outcomes = await Promise.allSettled([
      controlled.load('a', join(folder.path, '1')),
      controlled.load('a', join(folder.path, '1')),
      controlled.unload('a'),
      controlled.unload('a'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  });
});

describe('another configuration', () => {
  it('serves exactly what it names, with its labels', async () => {
    const { controlled, catalog, folder, states } = await started('1', '2', '3');
    const location = folder.path;
    const policy = { kind: 'latest', count: 1 } as const;
    await controlled.configure([entry(location, { policy, labels: { stable: '2' } })]);
    expect(states()).toEqual(['3 AVAILABLE', '2 AVAILABLE']);
    expect(catalog.labels('slow')).toEqual({ stable: '2' });
    await controlled.configure([entry(location, { policy, labels: { stable: '3' } })]);
    expect(states()).toEqual(['3 AVAILABLE']);
    expect(catalog.labels('slow')).toEqual({ stable: '3' });
    await controlled.configure([entry(location, { name: 'other' })]);
    expect(catalog.names()).toEqual(['other']);
    expect(catalog.labels('other')).toEqual({});
    await controlled.configure([]);
    expect(catalog.names()).toEqual([]);
  });

  it('changes nothing where a label points to no available version', async () => {
    const { controlled, catalog, folder, states } = await started('1');
    await controlled.configure([entry(folder.path, { labels: { stable: '1' } })]);
    await expect(
      controlled.configure([entry(folder.path, { labels: { stable: '7' } }), entry(folder.path, { name: 'added' })]),
    ).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(catalog.labels('slow')).toEqual({ stable: '1' });
    expect(states()).toEqual(['1 AVAILABLE']);
    expect(catalog.names()).toEqual(['slow']);
  });

  it('changes nothing where a model of it cannot be loaded', async () => {
    const { controlled, catalog, folder } = await started('1');
    folder.put('9', writePackage({ name: 'broken', version: '9' }));
    await expect(
      controlled.configure([entry(folder.path, { name: 'x' }), entry(join(folder.path, '9'), { name: 'y' })]),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(catalog.find('slow')).toBeDefined();
    expect(catalog.find('x')).toBeUndefined();
    expect(catalog.find('y')).toBeUndefined();
  });

  it('leaves unloaded what was unloaded where it is refused, and loads it where it is not', async () => {
    const { controlled, catalog, folder } = await started('1');
    folder.put('9', writePackage({ name: 'broken', version: '9' }));
    const refused = { code: 'INVALID_ARGUMENT' };
    const slow = entry(join(folder.path, '1'), { name: 'slow' });
    const broken = entry(join(folder.path, '9'), { name: 'y' });
    await controlled.unload('slow');
    await expect(controlled.configure([broken])).rejects.toMatchObject(refused);
    expect(catalog.find('slow')).toBeUndefined();
    await expect(controlled.configure([slow, broken])).rejects.toMatchObject(refused);
    await controlled.refresh();
    expect(catalog.find('slow')).toBeUndefined();
    await controlled.configure([slow]);
    expect(catalog.find('slow')).toBeDefined();
  });

  it('is refused with a name twice, a bad name, or a place of others', async () => {
    const { controlled, folder } = await started('1');
    const refused = { code: 'INVALID_ARGUMENT' };
    await expect(controlled.configure([entry(folder.path), entry(folder.path)])).rejects.toMatchObject(refused);
    await expect(controlled.configure([entry(folder.path, { name: 'a/b' })])).rejects.toMatchObject(refused);
    await expect(controlled.configure([entry('/etc')])).rejects.toMatchObject(refused);
  });
});
