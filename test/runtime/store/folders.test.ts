import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findPackages } from '../../../runtime/src/store/package-source.js';
import { writePackage } from '../../support/packages.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-folders-'));
});

const found = async (location = folder) =>
  (await findPackages(location)).map((each) => relative(folder, each.location)).sort();

describe('packages in a folder', () => {
  it('are found in it and in the folders of it, and no deeper', async () => {
    writePackage({}, join(folder, 'iris'));
    writePackage({}, join(folder, 'wine', '1'));
    writePackage({}, join(folder, 'a', 'b', 'c'));
    expect(await found()).toEqual(['iris', 'wine/1']);
    expect(await found(join(folder, 'iris'))).toEqual(['iris']);
    expect(await found(join(folder, 'none'))).toEqual([]);
  });

  it('are found behind links, to them and to the folders that hold them', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'modelship-elsewhere-'));
    writePackage({}, join(elsewhere, 'iris'));
    writePackage({ version: '2' }, join(elsewhere, 'wine', '2'));
    symlinkSync(join(elsewhere, 'iris'), join(folder, 'iris'));
    symlinkSync(join(elsewhere, 'wine'), join(folder, 'wine'));
    expect(await found()).toEqual(['iris', 'wine/2']);
    const [iris] = await findPackages(join(folder, 'iris'));
    expect((await iris!.manifest()).name).toBe('iris');
  });

  it('are found once where a link stands beside them', async () => {
    writePackage({}, join(folder, '.trees', 'abc'));
    symlinkSync(join('.trees', 'abc'), join(folder, 'current'));
    expect(await found()).toHaveLength(1);
  });

  it('are found though links lead nowhere, in a circle, upwards, or to files', async () => {
    writePackage({}, join(folder, 'iris'));
    mkdirSync(join(folder, 'more'));
    symlinkSync('gone', join(folder, 'more', 'broken'));
    symlinkSync('circle', join(folder, 'more', 'circle'));
    symlinkSync('..', join(folder, 'more', 'up'));
    symlinkSync(join(folder, 'iris', 'model.onnx'), join(folder, 'file'));
    expect(await found()).toEqual(['iris']);
  });
});
