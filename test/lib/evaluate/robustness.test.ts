import type { Tensor, TensorSpec } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ADVERSARIAL_QUERIES } from '../../../lib/evaluate/robustness/adversarial.js';
import { COLUMNS } from '../../../lib/evaluate/robustness/adversarial-columns.js';
import { PIXELS } from '../../../lib/evaluate/robustness/adversarial-pixels.js';
import { WORDS } from '../../../lib/evaluate/robustness/adversarial-words.js';
import {
  type RobustnessOptions,
  type RobustnessReport,
  robustnessCharts,
  robustnessOf,
} from '../../../lib/evaluate/robustness/robustness.js';
import { type Predict, RowSample, type SampledBatch } from '../../../lib/evaluate/row-sample.js';
import { evaluationOf } from '../../../lib/evaluate/tasks/index.js';
import { decodePicture } from '../../../runtime/src/tasks/images/decode.js';

const SCORES: TensorSpec = { name: 'scores', datatype: 'FP64', shape: [-1, 2], labels: ['low', 'high'] };
const WIDTH = 4;

/** Returns rows of four columns of different scales, with the label that a model predicts for them. */
function rowsFor(score: (row: readonly number[]) => number, rows = 200): SampledBatch {
  const random = randomNumbers(7);
  const data = Float64Array.from({ length: rows * WIDTH }, (_, index) => (random() - 0.5) * 10 ** (index % WIDTH));
  const labels = rowsIn(data).map((row) => (score(row) > 0 ? 'high' : 'low'));
  return {
    rows: labels.map((label, index) => ({ place: `row ${index}`, label })),
    inputs: [{ name: 'x', datatype: 'FP64', shape: [rows, WIDTH], data }],
  };
}

const rowsIn = (data: Tensor['data']) =>
  Array.from({ length: data.length / WIDTH }, (_, row) =>
    Array.from((data as Float64Array).subarray(row * WIDTH, (row + 1) * WIDTH)),
  );

/** Returns the standard deviation of each column. */
const deviationsOf = (rows: readonly (readonly number[])[]) =>
  rows[0]!.map((_, column) => {
    const own = rows.map((row) => row[column]!);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
  });

/** Returns a classifier by the sign of a score. */
const classifier = (score: (row: readonly number[]) => number) => async (inputs: readonly Tensor[]) => {
  const scores = rowsIn(inputs[0]!.data).map(score);
  const data = Float64Array.from(scores.flatMap((each) => [-each, each]));
  return [{ ...SCORES, shape: [scores.length, 2], data }];
};

const EPSILONS = COLUMNS.epsilons;

const evaluation = () => evaluationOf([SCORES]);

const measuredOf = async (batches: Iterable<SampledBatch>, options: RobustnessOptions) =>
  (await robustnessOf(batches, options))!;

/** Measures all changes before the adversarial search, which takes longer. */
async function withoutSearch(batches: Iterable<SampledBatch>, options: RobustnessOptions): Promise<RobustnessReport> {
  const interruption = new AbortController();
  const step = (text: string) => {
    if (text.startsWith('adversarial')) interruption.abort();
  };
  return (await robustnessOf(batches, { ...options, step, signal: interruption.signal }))!;
}

const values = (report: RobustnessReport, name: string) =>
  report.changes.find((change) => change.name === name)!.levels.map(({ value }) => value!);

/** Score that is far from zero for nearly every row. */
const STEP = ([first]: readonly number[]) => (first! > 0 ? 1 : -1);

/** Score that changes its sign with every small step of a column. */
const STRIPES = (row: readonly number[]) => Math.sin(row[3]! * 0.2);

const LINEAR_WEIGHTS = [1, -0.2, 0.03, 0.001];
const LINEAR = (row: readonly number[]) => row.reduce((sum, value, column) => sum + value * LINEAR_WEIGHTS[column]!, 0);

describe('noise', () => {
  test('tells a brittle model and a robust one apart', async () => {
    const [brittle, robust] = await Promise.all(
      [STRIPES, STEP].map((score) => measuredOf([rowsFor(score)], { predict: classifier(score), evaluation })),
    );
    expect(brittle).toMatchObject({ metric: 'accuracy', rows: 200, unchanged: 1 });
    expect(values(brittle!, 'noise').at(-1)).toBeLessThan(0.6);
    expect(values(robust!, 'noise')[0]).toBeGreaterThan(0.97);
    expect(values(robust!, 'noise').at(-1)).toBeGreaterThan(0.85);
  });

  test('has the given share of the deviation of each column', async () => {
    const batch = rowsFor(STEP, 1000);
    const [original] = batch.inputs as [Tensor];
    const seen: Tensor[] = [];
    const interruption = new AbortController();
    await measuredOf([batch], {
      signal: interruption.signal,
      step: (text) => text.startsWith('adversarial') && interruption.abort(),
      evaluation: () => evaluationOf([{ name: 'y', datatype: 'BYTES', shape: [-1] }]),
      predict: async (inputs) => {
        seen.push(inputs[0]!);
        return [
          { name: 'y', datatype: 'BYTES', shape: [1000], data: batch.rows.map(({ label }) => Buffer.from(`${label}`)) },
        ];
      },
    });
    const deviation = (numbers: readonly number[]) =>
      Math.sqrt(numbers.reduce((sum, value) => sum + value ** 2, 0) / numbers.length);
    for (let column = 0; column < WIDTH; column++) {
      const of = (tensor: Tensor) => rowsIn(tensor.data).map((row) => row[column]!);
      const before = of(original);
      const noise = of(seen[4]!).map((value, row) => value - before[row]!);
      expect(deviation(noise) / deviation(before)).toBeCloseTo(0.5, 1);
      // The fourth level of missing values follows the fourth of noise.
      expect(of(seen[8]!).filter(Number.isNaN).length / 1000).toBeCloseTo(0.4, 1);
      const [low, high] = [Math.min(...before), Math.max(...before)];
      const outside = of(seen[12]!).filter((value, row) => value !== before[row]);
      expect(outside.length / 1000).toBeCloseTo(0.4, 1);
      expect(outside.every((value) => value < low || value > high)).toBe(true);
    }
  });

  test('keeps whole numbers whole and within their type', async () => {
    const data = Uint8Array.from({ length: 400 }, (_, index) => (index * 37) % 256);
    const labels = Array.from({ length: 100 }, (_, index) => ({ place: `row ${index}`, label: 'low' }));
    const seen: Tensor[] = [];
    await measuredOf([{ rows: labels, inputs: [{ name: 'x', datatype: 'UINT8', shape: [100, 4], data }] }], {
      evaluation,
      predict: async ([input]) => {
        seen.push(input!);
        return [{ ...SCORES, shape: [100, 2], data: new Float64Array(200) }];
      },
    });
    expect(seen.every((tensor) => tensor.data instanceof Uint8Array)).toBe(true);
    expect(seen.at(-1)!.data).not.toEqual(data);
    // Values beyond the range end at the ends of the type.
    expect(new Set(seen.at(-1)!.data as Uint8Array)).toContain(0);
  });
});

describe('adversarial search', () => {
  test('finds what a linear model has within the epsilon, and no more', async () => {
    const batch = rowsFor(LINEAR);
    const rows = rowsIn(batch.inputs[0]!.data);
    const deviations = deviationsOf(rows);
    const report = await measuredOf([batch], { predict: classifier(LINEAR), evaluation });
    const found = values(report, 'adversarial search');
    for (const [index, epsilon] of EPSILONS.entries()) {
      const reach =
        epsilon * LINEAR_WEIGHTS.reduce((sum, each, column) => sum + Math.abs(each) * deviations[column]!, 0);
      const exact = rows.filter((row) => Math.abs(LINEAR(row)) >= reach).length / 200;
      expect(found[index]).toBeGreaterThanOrEqual(exact - 1e-12);
      expect(found[index]).toBeLessThanOrEqual(exact + 0.01);
    }
  });

  test('stays within the epsilon, and asks as often as it says', async () => {
    const batch = rowsFor(LINEAR, 50);
    const before = rowsIn(batch.inputs[0]!.data);
    const seen: number[][][] = [];
    const predict = classifier(LINEAR);
    const report = await measuredOf([batch], {
      evaluation,
      predict: (inputs) => {
        seen.push(rowsIn(inputs[0]!.data));
        return predict(inputs);
      },
    });
    const last = seen.slice(-ADVERSARIAL_QUERIES);
    expect(report.changes.at(-1)!.note).toContain(`${ADVERSARIAL_QUERIES} queries`);
    expect(seen).toHaveLength(1 + 3 * 4 + EPSILONS.length * ADVERSARIAL_QUERIES);
    const deviations = deviationsOf(before);
    const largest = last.flatMap((rows) =>
      rows.flatMap((row, index) =>
        row.map((value, column) => Math.abs(value - before[index]![column]!) / deviations[column]!),
      ),
    );
    expect(Math.max(...largest)).toBeCloseTo(EPSILONS.at(-1)!, 9);
  });

  test('is seeded', async () => {
    const measure = () => measuredOf([rowsFor(LINEAR, 40)], { predict: classifier(LINEAR), evaluation });
    expect(await measure()).toEqual(await measure());
  });
});

/** Returns a batch of texts or files whose label is right, with a model that scores `right` and `wrong`. */
function scored(name: string, contents: readonly Buffer[], wrongScore: (content: Buffer) => Promise<number> | number) {
  const spec: TensorSpec = { name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['right', 'wrong'] };
  const seen: Buffer[][] = [];
  const predict: Predict = async ([input]) => {
    const given = input!.data as Buffer[];
    seen.push(given);
    const scores = await Promise.all(given.map(wrongScore));
    return [
      { ...spec, shape: [scores.length, 2], data: Float32Array.from(scores.flatMap((each) => [1 - each, each])) },
    ];
  };
  const rows = contents.map((_, index) => ({ place: `row ${index}`, label: 'right' }));
  const inputs: Tensor[] = [{ name, datatype: 'BYTES', shape: [contents.length], data: [...contents] }];
  return { batch: { rows, inputs }, seen, options: { predict, evaluation: () => evaluationOf([spec]) } };
}

describe('adversarial search in texts', () => {
  const words = Array.from({ length: 40 }, (_, index) => `word${'abcdefgh'[index % 8]}${'mnopq'[index % 5]}`);
  // Each change of the word "crucial" costs the model its score, and no other word matters.
  const texts = Array.from({ length: 10 }, (_, row) => words.toSpliced(row * 4, 0, 'crucial').join(' '));

  test('finds the word that a model depends on', async () => {
    const model = scored('text', texts.map(Buffer.from as (text: string) => Buffer), (text) =>
      String(text).includes('crucial') ? 0 : 0.9,
    );
    const report = await measuredOf([model.batch], model.options);
    const [found] = values(report, 'adversarial search');
    const [typos] = values(report, 'typos');
    expect(found).toBeLessThan(0.3);
    expect(typos).toBeGreaterThan(0.7);
  });

  test('changes at most the share of the words, and at least one', async () => {
    const contents = [
      ...texts.map(Buffer.from as (text: string) => Buffer),
      Buffer.from('two words'),
      Buffer.from('7'),
    ];
    const changed = (text: Buffer, row: number) => {
      const before = String(contents[row]).split(' ');
      return String(text)
        .split(' ')
        .filter((word, place) => word !== before[place]).length;
    };
    // A model that every typo confuses further.
    const model = scored('text', contents, (text) => String(text).match(/word[a-h][m-q]|crucial/g)?.length ?? 9);
    const misled = {
      ...model.options,
      predict: async (inputs: readonly Tensor[]) => {
        const [output] = await model.options.predict(inputs);
        return [{ ...output!, data: (output!.data as Float32Array).map((score) => 1 - score) }];
      },
    };
    await measuredOf([model.batch], misled);
    for (const [level, epsilon] of WORDS.epsilons.entries()) {
      const end = model.seen.length - (WORDS.epsilons.length - 1 - level) * ADVERSARIAL_QUERIES;
      const counts = model.seen[end - 1]!.map(changed);
      expect(counts.slice(0, 10)).toEqual(Array(10).fill(Math.floor(epsilon * 41)));
      expect(counts.at(-1)).toBe(0);
      for (const tried of model.seen.slice(end - ADVERSARIAL_QUERIES, end)) {
        expect(Math.max(...tried.map(changed))).toBeLessThanOrEqual(Math.floor(epsilon * 41));
      }
    }
  });
});

describe('adversarial search in pictures', () => {
  const [width, height] = [24, 16];
  const picture = (value: number) =>
    sharp(Buffer.alloc(width * height * 3, value), { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();

  test('finds much of what a linear model has within the epsilon, and stays within it', {
    timeout: 120_000,
  }, async () => {
    const pictures = await Promise.all([100, 150].map(picture));
    // The weights of the left and the right half have opposite signs: the mean over all pixels does not matter.
    const score = async (file: Buffer) => {
      const { data, orientation } = await decodePicture(file);
      expect(orientation).toBe(6);
      const sum = data.reduce((total, value, at) => total + ((at / 3) % width < width / 2 ? value : -value), 0);
      return sum / data.length / 10;
    };
    const model = scored('image', pictures, score);
    const report = await measuredOf([model.batch], model.options);
    for (const [level, epsilon] of PIXELS.epsilons.entries()) {
      const last = model.seen[model.seen.length - 1 - (PIXELS.epsilons.length - 1 - level) * ADVERSARIAL_QUERIES]!;
      for (const [row, file] of last.entries()) {
        const { data } = await decodePicture(file);
        const moved = data.map((value) => Math.abs(value - [100, 150][row]!));
        expect(Math.max(...moved)).toBe(epsilon);
        // The exact worst case is epsilon / 10.
        expect(await score(file)).toBeGreaterThan((0.4 * epsilon) / 10);
      }
    }
    expect(report.changes.at(-1)).toMatchObject({
      name: 'adversarial search',
      levels: [{ level: 2 }, { level: 4 }, { level: 8 }],
    });
  });
});

test('the search changes some texts of a large sample, evenly spread', async () => {
  const model = scored('text', Array(100).fill(Buffer.from('some words')), () => 0.2);
  const rows = model.batch.rows.map((row, index) => ({ ...row, label: index < 50 ? 'right' : 'wrong' }));
  const batch = { ...model.batch, rows };
  const report = await measuredOf([batch, batch], model.options);
  expect(report).toMatchObject({ rows: 200, unchanged: 0.5 });
  const search = report.changes.at(-1)!;
  expect(search).toMatchObject({ name: 'adversarial search', rows: WORDS.rows, unchanged: 0.48 });
  expect(search.note).toContain('50 rows, 0.4800 without changes');
  expect(model.seen.at(-1)).toHaveLength(25);
});

test('a model that rejects missing values, or predicts none for them, has a reason instead of a metric', async () => {
  const rejecting = async (inputs: readonly Tensor[]) => {
    if ((inputs[0]!.data as Float64Array).some(Number.isNaN)) throw new Error('input x has NaN');
    return classifier(STEP)(inputs);
  };
  const levels = async (predict: typeof rejecting) => {
    const report = await measuredOf([rowsFor(STEP, 40)], { predict, evaluation });
    return report.changes.find(({ name }) => name === 'missing values')!.levels;
  };
  expect(await levels(rejecting)).toContainEqual({ level: 0.4, error: 'input x has NaN' });
  expect(await levels(classifier(LINEAR))).toContainEqual({ level: 0.4, error: 'the predictions are not finite' });
});

test('a change without any metric has no chart', () => {
  const change = (name: string, value?: number) => ({
    name,
    unit: 'share',
    levels: [{ level: 1, ...(value && { value }) }],
  });
  const report = {
    metric: 'accuracy',
    rows: 9,
    unchanged: 1,
    changes: [change('noise', 0.5), change('missing values')],
  };
  expect(robustnessCharts(report).map(({ title }) => title)).toEqual(['noise']);
});

/** Measures on two batches, and interrupts while the prediction with this number runs. */
async function interruptedAt(count: number) {
  const interruption = new AbortController();
  const predict = classifier(STEP);
  let asked = 0;
  const options: RobustnessOptions = {
    evaluation,
    signal: interruption.signal,
    predict: (inputs) => {
      asked++;
      if (asked === count) interruption.abort();
      return predict(inputs);
    },
  };
  const report = await robustnessOf([rowsFor(STEP, 40), rowsFor(STEP, 40)], options);
  return { asked, levels: report?.changes.map(({ name, levels }) => [name, levels.length]) };
}

describe('an interruption', () => {
  test('keeps the levels that are whole, and drops the one that it stops', async () => {
    const until = [['noise', 4]];
    // The second level of missing values begins with the 13th prediction.
    expect(await interruptedAt(12)).toEqual({ asked: 12, levels: [...until, ['missing values', 1]] });
    expect(await interruptedAt(13)).toEqual({ asked: 13, levels: [...until, ['missing values', 1]] });
    expect(await interruptedAt(14)).toEqual({ asked: 14, levels: [...until, ['missing values', 2]] });
  });

  test('stops the adversarial search at its next query', async () => {
    const { asked, levels } = await interruptedAt(2 + 3 * 4 * 2 + 20);
    expect(asked).toBe(2 + 3 * 4 * 2 + 20);
    expect(levels!.map(([name]) => name)).toEqual(['noise', 'missing values', 'out of range']);
  });

  test('before the unchanged rows are predicted leaves nothing to report', async () => {
    expect(await interruptedAt(1)).toEqual({ asked: 1, levels: undefined });
  });
});

/** Returns a batch of texts or files, and a model that predicts a class from each. */
function bytes(name: string, contents: readonly Buffer[], labelOf: (content: Buffer) => Promise<string> | string) {
  const spec: TensorSpec = { name: 'label', datatype: 'BYTES', shape: [-1] };
  const predict = async ([input]: readonly Tensor[]) => {
    const labels = await Promise.all((input!.data as Buffer[]).map(labelOf));
    return [{ ...spec, shape: [labels.length], data: labels.map((label) => Buffer.from(label)) }];
  };
  const inputs: Tensor[] = [{ name, datatype: 'BYTES', shape: [contents.length], data: [...contents] }];
  return { predict, inputs, evaluation: () => evaluationOf([spec]) };
}

test('typos change as many words as they say, and keep the length of the text', async () => {
  const text = 'The quick brown fox jumps over lazy dogs while Zoë watches. '.repeat(20);
  const seen: string[] = [];
  const {
    predict,
    inputs,
    evaluation: empty,
  } = bytes('text', [Buffer.from(text)], (content) => {
    seen.push(String(content));
    return String(content) === text ? 'clean' : 'typo';
  });
  const report = await withoutSearch([{ rows: [{ place: 'row 1', label: 'clean' }], inputs }], {
    predict,
    evaluation: empty,
  });
  expect(report).toMatchObject({ unchanged: 1, changes: [{ name: 'typos', levels: expect.any(Array) }] });
  expect(values(report, 'typos')).toEqual([0, 0, 0, 0]);
  for (const [index, share] of [0.05, 0.1, 0.2, 0.4].entries()) {
    const words = seen[index + 1]!.split(' ');
    expect(seen[index + 1]).toHaveLength(text.length);
    const changed = text.split(' ').filter((word, place) => word !== words[place]).length;
    expect(changed / 220).toBeGreaterThan(share / 2);
    expect(changed / 220).toBeLessThan(share * 1.5);
  }
});

test('pictures are compressed by JPEG, which tells a model of single pixels and one of colors apart', async () => {
  const random = randomNumbers(3);
  const pictures = await Promise.all(
    Array.from({ length: 12 }, (_, index) => {
      const data = Buffer.from(
        Array.from({ length: 32 * 32 * 3 }, () => (index % 2 ? 160 : 80) + Math.floor(random() * 9)),
      );
      return sharp(data, { raw: { width: 32, height: 32, channels: 3 } })
        .png()
        .toBuffer();
    }),
  );
  const pixels = async (file: Buffer) => [...(await sharp(file).raw().toBuffer())];
  const bright = async (file: Buffer) => {
    const values = await pixels(file);
    return values.reduce((sum, value) => sum + value, 0) / values.length > 120 ? 'bright' : 'dark';
  };
  const odd = async (file: Buffer) =>
    (await pixels(file)).reduce((sum, value) => sum + value, 0) % 2 ? 'odd' : 'even';
  const measured = async (labelOf: (file: Buffer) => Promise<string>) => {
    const { predict, inputs, evaluation: empty } = bytes('image', pictures, labelOf);
    const labels = await Promise.all(pictures.map(labelOf));
    const rows = labels.map((label, index) => ({ place: `row ${index}`, label }));
    return withoutSearch([{ rows, inputs }], { predict, evaluation: empty });
  };
  expect(values(await measured(bright), 'JPEG')).toEqual([1, 1, 1, 1, 1]);
  const brittle = values(await measured(odd), 'JPEG');
  expect(brittle.reduce((sum, value) => sum + value, 0) / brittle.length).toBeLessThan(0.8);
});

test('a model gets the same picture after the compression by JPEG, whatever its file is', async () => {
  const [width, height] = [96, 48];
  // A bright corner shows which way up a picture is. Its saturated color differs between color profiles.
  const raw = (channels: 3 | 4) => {
    const at = (index: number) => [index % width, Math.floor(index / width)] as const;
    const colorOf = ([x, y]: readonly [number, number]) => (x < 32 && y < 24 ? [250, 20, 20] : [40, 90 + y, 40 + x]);
    const colors = Array.from({ length: width * height }, (_, index) => [...colorOf(at(index)), at(index)[0] * 2]);
    return sharp(Buffer.from(colors.flatMap((color) => color.slice(0, channels))), {
      raw: { width, height, channels },
    });
  };
  const files: Record<string, Buffer> = {
    'JPEG of a phone': await raw(3).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(),
    'TIFF of a scanner': await raw(3).withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toBuffer(),
    'PNG with alpha': await raw(4).png().toBuffer(),
    'PNG with a profile': await raw(3).withIccProfile('p3').png().toBuffer(),
    'JPEG of a print': await raw(3).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
  };
  const seen: Buffer[] = [];
  const {
    predict,
    inputs,
    evaluation: empty,
  } = bytes('image', Object.values(files), (file) => {
    seen.push(file);
    return 'any';
  });
  const rows = Object.keys(files).map((place) => ({ place, label: 'any' }));
  await withoutSearch([{ rows, inputs }], { predict, evaluation: empty });
  const mildest = seen.slice(rows.length, 2 * rows.length);
  for (const [index, { place }] of rows.entries()) {
    const before = await decodePicture(files[place]!);
    const after = await decodePicture(mildest[index]!);
    const { format } = await sharp(mildest[index]!).metadata();
    const changes = after.data.map((value, at) => Math.abs(value - before.data[at]!));
    const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
    expect([place, format, after.width, after.height, after.orientation, mean < 3]).toEqual([
      place,
      'jpeg',
      before.width,
      before.height,
      before.orientation,
      true,
    ]);
  }
});

test('a sample builds each batch when its turn to be predicted comes', async () => {
  const sample = new RowSample<string>(3);
  for (const text of ['some words', 'other words', 'last words']) sample.add(text);
  let built = '';
  const order: string[] = [];
  const { evaluation: empty } = bytes('text', [], () => '');
  const predict: Predict = async () => {
    order.push(built);
    return [{ name: 'label', datatype: 'BYTES', shape: [1], data: [Buffer.from('any')] }];
  };
  const batches = sample.batches(1, ([text]) => {
    built = text!;
    return { ...bytes('text', [Buffer.from(built)], () => ''), rows: [{ place: built, label: 'any' }] };
  });
  const report = await withoutSearch(batches, { predict, evaluation: empty });
  expect(report).toMatchObject({ rows: 3, unchanged: 1 });
  const levels = Array.from({ length: 1 + values(report, 'typos').length }, () => sample.rows);
  expect(order).toEqual(levels.flat());
});

test('a sample has each row of a stream with the same probability, and the same rows each time', () => {
  const draw = () => {
    const sample = new RowSample<number>(200);
    for (let row = 0; row < 10_000; row++) sample.add(row);
    return sample.rows;
  };
  expect(draw()).toEqual(draw());
  const mean = draw().reduce((sum, row) => sum + row, 0) / 200;
  // The mean of 200 rows has a standard deviation of 204.
  expect(Math.abs(mean - 5000)).toBeLessThan(800);
  const all = new RowSample<number>(200);
  for (let row = 0; row < 100; row++) all.add(row);
  expect(all.rows).toEqual(Array.from({ length: 100 }, (_, row) => row));
});
