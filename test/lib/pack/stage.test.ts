import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Stage } from '../../../lib/pack/stage.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'modelship-stage-'));

it('fault 41: a pack that fails removes only what it made, and not what others put beside it', () => {
  const folder = fresh();
  const failing = new Stage(join(folder, 'new/deep/a'));
  const finished = new Stage(join(folder, 'new/b'));
  writeFileSync(join(finished.directory, 'model.json'), '{}');
  finished.commit('sha256:0', false);
  finished.close();
  failing.close();
  expect(readdirSync(join(folder, 'new'))).toEqual(['b']);
  expect(existsSync(join(folder, 'new/b/model.json'))).toBe(true);
});

it('a pack that fails leaves no folder that it made, and those that were there', () => {
  const folder = fresh();
  mkdirSync(join(folder, 'there'));
  new Stage(join(folder, 'there/new/deep/a')).close();
  expect(readdirSync(join(folder, 'there'))).toEqual([]);
});
