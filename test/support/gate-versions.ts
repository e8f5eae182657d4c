import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packModel } from '../../lib/pack/index.js';
import type { RolloutGate } from '../../lib/serving/index.js';
import { PYTHON } from './crashing-package.js';

/** Names of the sabotaged versions that `gate-versions.py` makes. */
export const SABOTAGED: readonly string[] = [
  'labels 0 and 1 swapped',
  'labels 1 and 2 swapped',
  'labels rotated',
  'labels one higher',
  'columns reversed',
  'first two columns swapped',
  'last two columns swapped',
  'columns sorted by name',
  'a column twice',
  'no mean subtracted',
  'not scaled',
  'scaled by the variance',
  'scaled twice',
  'scaler of inches',
  'stale weights',
  'weights before training',
  'trained on shuffled labels',
  'trained on two columns',
  'columns of petals dropped',
  'int8 of a wrong scale',
  'int8 clipped',
  'int8 with a wrong zero point',
  'no biases',
  'other activation',
  'no activation',
  'probabilities sharpened',
  'probabilities flattened',
  'signs of a layer flipped',
  'half of the units lost',
  'always one class',
];

/** Names of rebuilds of the approved version. */
export const HARMLESS: readonly string[] = Array.from({ length: 200 }, (_, index) => `harmless ${index + 1}`);

/** Versions of a model in a folder, with a gate that the approved one passes. */
export class GateVersions {
  private readonly models: string;

  /** Makes the approved version and those of the given names. */
  constructor(
    private readonly folder: string,
    sabotaged: readonly string[],
    harmless: readonly string[],
  ) {
    this.models = join(folder, 'models');
    mkdirSync(this.models);
    const seeds = harmless.map((name) => name.split(' ')[1]);
    execFileSync(PYTHON, [join(__dirname, 'gate-versions.py'), this.models, sabotaged.join(), seeds.join()]);
  }

  /** Packs a version with samples of its own, as a user does who has not noticed a mistake. Returns its folder. */
  async pack(name: string): Promise<string> {
    const out = this.directory(name);
    const source = join(this.models, `${name}.onnx`);
    const tolerance = { absolute: 1e-5, relative: 1e-4 };
    const samples = join(this.models, 'requests.json');
    await packModel({ source, name: 'iris', version: '1', samples, tolerance, out });
    return out;
  }

  /** Gate with the samples of the approved version and a data set. */
  get gate(): RolloutGate {
    return {
      samples: join(this.directory('approved'), 'samples.json'),
      dataSet: {
        rows: join(this.models, 'test.csv'),
        label: 'species',
        min: { accuracy: 0.9 },
        max: { log_loss: 0.3 },
      },
    };
  }

  private directory(name: string): string {
    return join(this.folder, 'packages', name.replaceAll(' ', '-'));
  }
}
