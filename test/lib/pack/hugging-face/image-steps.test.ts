import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageSteps, timmSteps } from '../../../../lib/pack/hugging-face/image-steps.js';
import { decodePicture } from '../../../../runtime/src/tasks/images/decode.js';
import { preprocess } from '../../../../runtime/src/tasks/images/preprocess.js';
import { ROOT } from '../../cli/support.js';

interface Case {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly picture: string;
  readonly values: string;
  readonly shape: readonly number[];
}

describe('the steps of image processors', () => {
  it('give the values that Transformers computes, to the last bit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-processors-'));
    execFileSync(join(ROOT, '.venv', 'bin', 'python'), [join(__dirname, 'image_processors.py'), folder]);
    const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
    expect(cases.length).toBeGreaterThan(35);
    const wrong: string[] = [];
    for (const { settings, picture, values, shape } of cases) {
      const steps = imageSteps(settings, 'preprocessor_config.json');
      const decoded = await decodePicture(readFileSync(join(folder, picture)));
      const { data, channels, height, width } = preprocess(decoded, { preprocessing: steps, layout: 'NCHW' });
      const wanted = new Float32Array(Uint8Array.from(readFileSync(join(folder, values))).buffer);
      const differences = data.reduce((count, value, index) => count + (Object.is(value, wanted[index]) ? 0 : 1), 0);
      if (`${[channels, height, width]}` !== `${shape}` || differences > 0) {
        wrong.push(
          `${settings.image_processor_type}: [${[channels, height, width]}] for [${shape}], ${differences} differ`,
        );
      }
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  it('are read from files of older versions, which have numbers as sizes and name a feature extractor', () => {
    const old = (settings: object) => imageSteps(settings as never, 'preprocessor_config.json')[2];
    expect(old({ feature_extractor_type: 'ViTFeatureExtractor', size: 384, resample: 3 })).toEqual({
      type: 'resize',
      height: 384,
      width: 384,
      filter: 'bicubic',
    });
    expect(old({ feature_extractor_type: 'CLIPFeatureExtractor', size: 336 })).toMatchObject({ shortestEdge: 336 });
    expect(old({ feature_extractor_type: 'DetrFeatureExtractor', size: 800, max_size: 1000 })).toMatchObject({
      shortestEdge: 800,
      longestEdge: 1000,
    });
  });

  it('are those of timm for its configurations', () => {
    const settings = {
      input_size: [3, 224, 224],
      interpolation: 'bicubic',
      crop_pct: 0.9,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    };
    expect(timmSteps(settings, 'config.json').slice(2, 4)).toEqual([
      { type: 'resize', shortestEdge: 248, filter: 'bicubic' },
      { type: 'center_crop', height: 224, width: 224, rounding: 'half_even' },
    ]);
    expect(() => timmSteps({ ...settings, crop_mode: 'border' }, 'config.json')).toThrow(/crop_mode/);
  });

  it.each<[string, object, RegExp]>([
    [
      'another processor',
      { image_processor_type: 'DonutImageProcessor' },
      /DonutImageProcessor is not supported; those of/,
    ],
    ['no processor', {}, /the image processor without a name is not supported/],
    ['another step', { image_processor_type: 'ViTImageProcessor', do_sharpen: true }, /the step `do_sharpen` is not/],
    ['another filter', { image_processor_type: 'ViTImageProcessor', resample: 9 }, /the filter `resample` 9 is not/],
    [
      'another size',
      { image_processor_type: 'ViTImageProcessor', size: { depth: 3 } },
      /the `size` {"depth":3} is not/,
    ],
  ])('are rejected: %s', (_, settings, message) => {
    expect(() => imageSteps(settings as never, 'preprocessor_config.json')).toThrow(message);
  });
});
