import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { packModel } from '../../lib/pack/index.js';
import { bars, png, READER } from '../support/reader.js';
import { shareOf } from '../support/share.js';
import { TARGETS } from './targets.js';

// A package of three models, which reads the text in a picture, on targets: each receives all three, and the lines are
// those of the picture.

const folder = mkdtempSync(join(tmpdir(), 'modelship-read-text-'));
const directory = join(folder, 'reader');
beforeAll(() => packModel({ source: READER, name: 'reader', out: directory }), 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let stop: () => Promise<unknown> = async () => {};
afterEach(() => stop());

test.each(shareOf(Object.entries(TARGETS), 2, 'read_text'))(
  '%s',
  async (_, start) => {
    const target = await start(Model.fromDirectory(directory));
    stop = () => target.stop();
    const text = bars(760, 340, [
      { text: 'rgb', x: 60, y: 60 },
      { text: 'grgr', x: 60, y: 220 },
    ]);
    const answer = await target.ask(target.onlyPath ?? '/v1/models/reader:predict', {
      bytes: await png(760, 340, text),
      type: 'image/png',
    });
    expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
    const [lines] = JSON.parse(answer.text).predictions;
    expect(JSON.parse(lines)).toMatchObject([{ text: 'rgb' }, { text: 'grgr' }]);
  },
  900_000,
);
