import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDecoder } from '../../../../runtime/src/tasks/images/decode.js';
import { writeColorPackage } from '../../../support/picture-package.js';
import { writeWordsPackage } from '../../../support/words-packages.js';
import { post, serve, stopAll } from '../../faults/servers.js';
import { entry } from '../../models/model-folders.js';

interface Explained {
  readonly base_values: number[];
  readonly shap_values: number[][];
  readonly method: string;
  readonly tokens?: { text: string; start: number; end: number }[];
  readonly regions?: { left: number; top: number; width: number; height: number }[];
}

let base: string;
beforeAll(async () => {
  const models = [
    entry(writeWordsPackage('words_classify'), { name: 'words_classify' }),
    entry(writeColorPackage(), { name: 'colors' }),
  ];
  base = await serve({ models });
});
afterAll(stopAll);

async function explain(model: string, body: object): Promise<{ explanations: Explained[]; error?: string }> {
  const response = await post(`${base}/v1/models/${model}:explain`, JSON.stringify(body));
  return (await response.json()) as { explanations: Explained[]; error?: string };
}

describe('explanations of texts', () => {
  it('find the word that decides', async () => {
    const instances = ['a very good film', 'Bad: a film', 'a good bad film'];
    const { explanations } = await explain('words_classify', { instances });
    const effects = explanations.map(({ tokens, shap_values: values }) =>
      Object.fromEntries(tokens!.map(({ text }, index) => [text, values[index]![0]!])),
    );
    // The softmax of one word of a class against none.
    const gain = 1 / (1 + Math.exp(-1)) - 0.5;
    const near = (value: number) => expect.closeTo(value, 6);
    expect(effects).toEqual([
      { a: near(0), very: near(0), good: near(gain), film: near(0) },
      { Bad: near(-gain), ':': near(0), a: near(0), film: near(0) },
      { a: near(0), good: near(gain), bad: near(-gain), film: near(0) },
    ]);
    expect(explanations[0]).toMatchObject({ base_values: [0.5, 0.5], method: 'sampled' });
    expect(explanations[1]!.tokens![0]).toEqual({ text: 'Bad', start: 0, end: 3 });
  });

  it('refuse what is for rows of numbers, and a text without tokens', async () => {
    const ask = async (body: object) => (await explain('words_classify', body)).error;
    const instances = ['good'];
    expect(await ask({ instances, background: ['bad'] })).toMatch(/background is for rows of numbers/);
    expect(await ask({ instances, parameters: { method: 'interventional' } })).toMatch(/is for rows of numbers/);
    expect(await ask({ instances: ['  '] })).toMatch(/a text has no tokens/);
  });
});

describe('explanations of pictures', () => {
  it('find the region that decides', async () => {
    // Black with a red square: the fourth region of the third row.
    const side = 56;
    const pixels = new Uint8Array(side * side * 3);
    for (let y = 16; y < 24; y++) for (let x = 24; x < 32; x++) pixels[(y * side + x) * 3] = 255;
    const raw = { width: side, height: side, channels: 3 };
    const { data } = await loadDecoder()(pixels, { raw }).png().toBuffer({ resolveWithObject: true });
    const instances = [{ b64: data.toString('base64') }];
    const { explanations } = await explain('colors', { instances, parameters: { permutations: 1 } });
    const [{ regions, shap_values: effects, base_values: start }] = explanations as [Explained];
    const red = effects.map(([effect]) => effect!);
    const largest = red.indexOf(Math.max(...red));
    expect(regions).toHaveLength(49);
    expect(regions![largest]).toEqual({ left: 24, top: 16, width: 8, height: 8 });
    // The scores are a mean, so that the region brings its distance from the mean colour. Resized pixels are rounded.
    expect(red[largest]).toBeCloseTo((1 - Math.round(255 / 49) / 255) / 49, 3);
    expect(red.reduce((sum, effect) => sum + effect, start[0]!)).toBeCloseTo(1 / 49, 3);
    for (const [, green] of effects) expect(green).toBeCloseTo(0, 6);
  });
});
