import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import { type Browser, chromium, type Page, type Request } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { page as render } from '../../../runtime/src/page/page.js';
import type { Tensor, TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { writePackage } from '../../support/packages.js';
import { requireTool } from '../../support/tools.js';
import { IRIS, serve, stopAll } from '../faults/servers.js';
import { entry, VersionFolder } from '../models/model-folders.js';
import { catalog, model } from '../protocols/support.js';

/** Nothing of the browser's own leaves this machine. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const COLOR_MODEL = join(import.meta.dirname, '../../fixtures/mean_color.onnx');

let browser: Browser;
let base: string;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: requireTool('chromium'), args: ARGUMENTS });
}, 60_000);
afterAll(() => browser?.close());

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text());
  });
  return async () => {
    await page.close();
    expect(complaints).toEqual([]);
  };
}, 60_000);

/** Drops the file that `base64` is onto the page, as a person does from another window. */
const DROP = `(base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
  const target = document.querySelector('.drop');
  for (const type of ['dragover', 'drop']) {
    target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}`;

/** A PNG of 4 by 4 pixels, all of one colour. */
function solid(red: number, green: number, blue: number): Buffer {
  const size = 4;
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type), data]);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits for each of three channels.
  header.set([8, 2], 8);
  const line = [0, ...Array.from({ length: size }, () => [red, green, blue]).flat()];
  const pixels = deflateSync(Buffer.from(Array.from({ length: size }, () => line).flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** The mean of each channel of a picture. */
function colorPackage(): string {
  return writePackage({
    name: 'mean_color',
    inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 8, 8, 3] }],
    outputs: [{ name: 'means', datatype: 'FP32', shape: [-1, 3], labels: ['red', 'green', 'blue'] }],
    content: { 'model.onnx': readFileSync(COLOR_MODEL), 'samples.json': '[]' },
  });
}

const status = () => page.locator('#status');
const field = (index: number) => page.locator('#inputs input').nth(index);
const says = (text: RegExp) => page.locator('#status', { hasText: text }).waitFor();
const answered = () => says(/^Answered in [\d.]+ ms/);

describe('the page of a model', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    base = await serve();
    return stopAll;
  });
  beforeEach(async () => {
    await page.goto(base);
  });

  it('has a field for each number, and shows the labels of the answer with its latency', async () => {
    expect(await page.locator('#inputs input').count()).toBe(4);
    for (const [index, value] of ['5.1', '3.5', '1.4', '0.2'].entries()) await field(index).fill(value);
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    const rows = await page.locator('table', { hasText: 'probabilities' }).locator('tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(
      expect.arrayContaining(['setosa', 'versicolor', 'virginica']),
    );
    expect(rows[0]).toMatch(/^setosa\s+0\.9/);
    expect(await page.locator('#curl').innerText()).toContain(`${base}/v2/models/iris/versions/1/infer`);
  });

  it('says which field is no number, and keeps no old answer beside it', async () => {
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    await field(1).fill('tall');
    await page.getByRole('button', { name: 'Predict' }).click();
    expect(await status().innerText()).toBe('features 2: expected a number, got "tall"');
    expect(await page.locator('#outputs table').count()).toBe(0);
  });

  it('shows the refusal of the server, and can be used again', async () => {
    await page.route('**/infer', (route) => route.fulfill({ status: 400, json: { error: 'rows differ' } }));
    await page.getByRole('button', { name: 'Predict' }).click();
    await says(/^400: rows differ$/);
    await page.unroute('**/infer');
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
  });

  it('says that a number is too large, and shows no command for it', async () => {
    await field(0).fill('1e999');
    expect(await page.locator('#curl').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Predict' }).click();
    expect(await status().innerText()).toBe('features 1: 1e999 is too large for FP32');
  });

  it('begins with the first golden sample, and fills in the next ones', async () => {
    const samples = JSON.parse(readFileSync(join(IRIS, 'samples.json'), 'utf8'));
    const values = (at: number) => samples[at].request.inputs[0].data.map(String);
    const shown = () =>
      page.locator('#inputs input').evaluateAll((inputs) => inputs.map((input) => (input as { value?: string }).value));
    expect(await shown()).toEqual(values(0));
    await page.getByRole('button', { name: 'Try a sample' }).click();
    expect(await shown()).toEqual(values(1));
    expect(JSON.parse(/-d '(.*)' http/.exec(await page.locator('#curl').innerText())![1]!).inputs[0].data).toEqual(
      values(1).map(Number),
    );
  });

  it('sends several rows, and shows the answer of each', async () => {
    await page.getByRole('button', { name: 'Add a row' }).click();
    await page.getByRole('button', { name: 'Add a row' }).click();
    expect(await page.locator('#inputs input').count()).toBe(12);
    for (const [index, value] of ['5.1', '3.5', '1.4', '0.2'].entries()) await field(4 + index).fill(value);
    await page.getByRole('button', { name: 'Remove' }).last().click();
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    const rows = await page.locator('table', { hasText: 'label' }).locator('tr').allInnerTexts();
    expect(rows.map((row) => row.trim().split(/\s+/))).toEqual([
      ['row', 'label'],
      ['1', '2'],
      ['2', '0'],
    ]);
  });

  it('copies the command, which works', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).click();
    const command = await page.evaluate('navigator.clipboard.readText()');
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command} -s`]);
    expect(JSON.parse(stdout)).toMatchObject({ model_name: 'iris', outputs: [{ name: 'label', data: [2] }, {}] });
  });

  it('links to what the server describes and counts', async () => {
    for (const name of ['OpenAPI', 'Metrics']) {
      const address = await page
        .getByRole('link', { name })
        .evaluate((link) => (link as unknown as { href: string }).href);
      expect((await fetch(address)).status).toBe(200);
    }
    expect(await page.getByRole('link', { name: 'Documentation' }).getAttribute('href')).toMatch(/^https:/);
  });

  it('may run no script but its own, and fits a phone', async () => {
    const { headers } = await fetch(base, { headers: { accept: 'text/html' } });
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'sha256-[^ ]+'; /);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});

/** A model that answers its text, as the rows of a table of one column. */
function textPackage(): string {
  const echo = readFileSync(join(import.meta.dirname, '../../fixtures/echo_text.onnx'));
  return writePackage({
    name: 'echo',
    inputs: [{ name: 'texts', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'same', datatype: 'BYTES', shape: [-1] }],
    content: { 'model.onnx': echo, 'samples.json': '[]' },
  });
}

describe('the page of a model of text', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    base = await serve({ models: [entry(textPackage(), { name: 'echo' })] });
    return stopAll;
  });

  it.each([1280, 390])('has a field as wide as its card, at %i pixels, that Enter sends', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(base);
    const field = page.getByLabel('texts', { exact: true });
    const card = (await page.locator('#inputs').boundingBox())!.width;
    expect((await field.boundingBox())!.width).toBeGreaterThan(card * 0.95);
    await field.fill('the invoice of March is wrong');
    await field.press('Enter');
    await answered();
    expect(await page.locator('#outputs').innerText()).toContain('the invoice of March is wrong');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});

describe('the page of several models', { timeout: 60_000 }, () => {
  let folder: VersionFolder;
  beforeEach(async () => {
    folder = new VersionFolder('1', '2');
    folder.addBad('3');
    const colors = entry(colorPackage(), { name: 'mean_color' });
    base = await serve({ models: [entry(folder.path, { labels: { stable: '1', old: '1' } }), colors] });
    await page.goto(base);
    return stopAll;
  });

  const options = () => page.locator('#model option').allInnerTexts();
  const choose = (label: string) => page.locator('#model').selectOption({ label });
  const predict = () => page.getByRole('button', { name: 'Predict' });

  it('lists every version with its labels, begins with one that answers, and asks the one that is chosen', async () => {
    expect(await options()).toEqual([
      'slow version 3, onnx, not available',
      'slow version 2, onnx',
      'slow version 1 (stable, old), onnx',
      'mean_color version 1, onnx',
    ]);
    expect(await page.locator('#model').inputValue()).toBe('1');
    await choose('slow version 1 (stable, old), onnx');
    await field(0).fill('2');
    await predict().click();
    await answered();
    expect(await page.locator('#curl').innerText()).toContain('/v2/models/slow/versions/1/infer');
  });

  it('says why a version is not available, and asks it nothing', async () => {
    await choose('slow version 3, onnx, not available');
    expect(await status().innerText()).toMatch(
      /^This version is not available\. .*has 10 bytes, and the manifest says/,
    );
    expect(await predict().isDisabled()).toBe(true);
    await choose('slow version 2, onnx');
    expect(await predict().isDisabled()).toBe(false);
    expect(await page.locator('#outputs table').count()).toBe(0);
  });

  it('says that the server is gone', async () => {
    await stopAll();
    await predict().click();
    await says(/fetch/i);
  });

  it('takes a picture that is dropped, in the scale that is chosen', async () => {
    await choose('mean_color version 1, onnx');
    await predict().click();
    await says(/^pixels: choose a picture first$/);
    await page.evaluate(`(${DROP})('${solid(255, 0, 51).toString('base64')}')`);
    await page.locator('.drop img').waitFor();
    await predict().click();
    await answered();
    const shown = async () => {
      const rows = await page.locator('table', { hasText: 'means' }).locator('tr').allInnerTexts();
      return rows.map((row) => row.trim().split(/\s+/));
    };
    expect(await shown()).toEqual([
      ['red', '1'],
      ['blue', '0.200000'],
      ['green', '0'],
    ]);
    expect(await page.locator('#curl').innerText()).toContain('binary');
    await page.getByLabel('Scale of the pixels').selectOption('−1 to 1');
    await predict().click();
    await page.locator('#outputs', { hasText: '-1' }).waitFor();
    expect(await shown()).toEqual([
      ['red', '1'],
      ['green', '-1'],
      ['blue', '-0.600000'],
    ]);
  });

  it('takes a picture that is chosen from the disk, and none that is no picture', async () => {
    await choose('mean_color version 1, onnx');
    const input = page.locator('input[type=file]');
    await input.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
    await says(/^pixels: this browser cannot read notes\.txt as a picture$/);
    await input.setInputFiles({ name: 'green.png', mimeType: 'image/png', buffer: solid(0, 255, 0) });
    await page.locator('.drop img').waitFor();
    await predict().click();
    await answered();
    expect(await page.locator('table', { hasText: 'means' }).locator('tr').first().innerText()).toMatch(/^green\s+1/);
  });
});

describe('a package that writes markup', () => {
  it('is shown as text', () => {
    const markup = '</script><img src=x onerror=alert(1)>';
    const outputs = [{ name: markup, datatype: 'FP32', shape: [1] }] as const;
    const { body } = render(catalog([model({ outputs, compute: () => [] })]));
    expect(String(body)).not.toContain('<img');
  });
});

describe('a table', () => {
  const column = (name: string, datatype: TensorSpec['datatype'], more: Partial<TensorSpec> = {}): TensorSpec => ({
    name,
    datatype,
    shape: [-1],
    ...more,
  });
  const inputs = [
    column('age', 'FP64'),
    column('city', 'BYTES', { categories: ['Bergen', 'Oslo'] }),
    column('note', 'BYTES'),
    column('id', 'FP64', { unused: true }),
    column('member', 'BOOL'),
  ];
  const outputs = [column('prediction', 'FP64')];
  let sent: { inputs: { name: string; data: unknown[] }[] };

  /** Opens the page of a model without a server, which would need Python. */
  async function open(format: Manifest['format'], specs = inputs, examples: Tensor[][] = []): Promise<void> {
    const manifest = { format, inputs: specs, outputs } as unknown as Manifest;
    const { headers, body } = render(catalog([model({ manifest, examples, compute: (tensors) => tensors })]));
    await page.route('http://model.example/**', async (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ headers, body: String(body) });
      sent = route.request().postDataJSON();
      const answer = { outputs: [{ name: 'prediction', datatype: 'FP64', shape: [1], data: [3] }] };
      return route.fulfill({ json: answer });
    });
    await page.goto('http://model.example/');
  }
  const predict = async () => {
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.getByText('Answered in').waitFor();
    return Object.fromEntries(sent.inputs.map(({ name, data }) => [name, data]));
  };

  it('offers the categories that the model knows, and no field for what it ignores', async () => {
    await open('pickle');
    expect(await page.getByLabel('city').locator('option').allTextContents()).toEqual(['Bergen', 'Oslo', 'missing']);
    expect(await page.getByLabel('id', { exact: true }).count()).toBe(0);
    await page.getByLabel('city').selectOption('Oslo');
    await page.getByLabel('age').fill('40');
    await page.getByLabel('note').fill('quiet');
    expect(await predict()).toEqual({ age: [40], city: ['Oslo'], note: ['quiet'], member: [false] });
  });

  it('sends empty fields as missing values', async () => {
    await open('pickle');
    await page.getByLabel('age').fill('');
    await page.getByLabel('city').selectOption('missing');
    expect(await page.getByLabel('age').getAttribute('placeholder')).toBe('missing');
    expect(await predict()).toEqual({ age: [null], city: [null], note: [null], member: [false] });
  });

  it('shows a sample with missing values and with a category that the model does not know', async () => {
    const tensor = (name: string, datatype: Tensor['datatype'], data: Tensor['data']) =>
      ({ name, datatype, shape: [1], data }) as Tensor;
    const sample = [
      tensor('age', 'FP64', Float64Array.of(Number.NaN)),
      tensor('city', 'BYTES', [Buffer.from('Narvik')]),
      tensor('note', 'BYTES', [Buffer.from('quiet')]),
      tensor('member', 'BOOL', Uint8Array.of(1)),
    ];
    await open('pickle', inputs, [sample]);
    expect(await predict()).toEqual({ age: [null], city: ['Narvik'], note: ['quiet'], member: [true] });
  });

  it('sends NaN for floats of any model, and an empty text as it is', async () => {
    await open('onnx', [column('x', 'FP32'), column('word', 'BYTES')]);
    await page.getByLabel('x', { exact: true }).fill('NaN');
    expect(await predict()).toEqual({ x: [null], word: [''] });
    await page.getByLabel('x', { exact: true }).fill('');
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.getByText('x: expected a number').waitFor();
  });

  it('takes JSON for an input of any shape', async () => {
    await open('onnx', [column('x', 'FP32', { shape: [], unknownRank: true })]);
    await page.getByLabel('x as JSON').fill('[[1, 2]]');
    expect(await predict()).toEqual({ x: [1, 2] });
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open('pickle');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });
});

describe('a model with a task', () => {
  /** Opens the page of a model of texts that returns `outputs`. */
  async function open(type: string, outputs: readonly Tensor[]): Promise<void> {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [-1] }];
    const manifest = { format: 'onnx', task: { type }, inputs, outputs } as unknown as Manifest;
    const { headers, body } = render(catalog([model({ manifest, compute: () => [] })]));
    await page.route('http://model.example/**', async (route) => {
      const json = { outputs };
      return route.request().method() === 'GET'
        ? route.fulfill({ headers, body: String(body) })
        : route.fulfill({ json });
    });
    await page.goto('http://model.example/');
  }
  const predict = async () => {
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
  };
  const textBox = (row: number) => page.locator('#inputs textarea').nth(row);

  it('compares the vectors of two texts', async () => {
    const data = [3, 4, 4, 3] as unknown as Float32Array;
    await open('embed', [{ name: 'embedding', datatype: 'FP32', shape: [2, 2], data }]);
    expect(await page.locator('#inputs textarea').count()).toBe(2);
    await textBox(0).fill('a good film');
    await textBox(1).fill('a fine movie');
    await predict();
    const rows = await page.locator('.similarity tr').allInnerTexts();
    expect(rows.map((row) => row.split('\t').map((cell) => cell.trim()))).toEqual([
      ['', '1', '2'],
      ['1. a good film', '1.000', '0.960'],
      ['2. a fine movie', '0.960', '1.000'],
    ]);
  });

  it('colors the parts that it found in a text, by positions of whole characters', async () => {
    const found = [
      { entity_group: 'PER', score: 0.99, word: 'Ada', start: 2, end: 5 },
      { entity_group: 'LOC', score: 0.97, word: 'Oslo', start: 9, end: 13 },
    ];
    const data = [JSON.stringify(found)] as unknown as Buffer[];
    await open('token_classification', [{ name: 'entities', datatype: 'BYTES', shape: [1], data }]);
    await textBox(0).fill('😀 Ada in Oslo.');
    await predict();
    expect(await page.locator('.entities').textContent()).toBe('😀 AdaPER in OsloLOC.');
    expect(await page.locator('mark').evaluateAll((marks) => marks.map(({ className }) => className))).toEqual([
      'color0',
      'color1',
    ]);
    const color = (mark: number) =>
      page.evaluate(`getComputedStyle(document.querySelectorAll('mark')[${mark}]).backgroundColor`);
    expect(await color(0)).not.toBe(await color(1));
  });
});

describe('a model that takes pictures', () => {
  let sent: Request;

  /** Opens the page of a model that returns `list` for a picture. */
  async function open(type: string, list: readonly object[], examples: Tensor[][] = []): Promise<void> {
    const inputs = [{ name: 'image', datatype: 'BYTES', shape: [-1] }];
    const outputs = [{ name: 'found', datatype: 'BYTES', shape: [-1] }];
    const manifest = { format: 'onnx', task: { type }, inputs, outputs } as unknown as Manifest;
    const { headers, body } = render(catalog([model({ manifest, examples, compute: () => [] })]));
    await page.route('http://model.example/**', async (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ headers, body: String(body) });
      sent = route.request();
      const json = { outputs: [{ ...outputs[0], shape: [1], data: [JSON.stringify(list)] }] };
      return route.fulfill({ json });
    });
    await page.goto('http://model.example/');
  }
  const predict = async (buffer: Buffer, mimeType = 'image/png') => {
    await page.locator('input[type=file]').setInputFiles({ name: "my cat's.png", mimeType, buffer });
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
  };
  /** A grey picture of 200 by 100 pixels. */
  const grey = () =>
    sharp({ create: { width: 200, height: 100, channels: 3, background: '#888888' } })
      .png()
      .toBuffer();
  const regions = () => page.locator('.regions');
  const box = (selector: string) => regions().locator(selector).boundingBox();
  const lines = () => page.locator('#outputs tr').allInnerTexts();

  const CAT = { label: 'cat', score: 0.98, box: { xmin: 100, ymin: 20, xmax: 150, ymax: 80 } };
  const DOG = { label: 'dog', score: 0.75, box: { xmin: 10, ymin: 0, xmax: 60, ymax: 50 } };

  it.each([1280, 390])('sends the file as it is, and draws boxes in it, at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await open('object_detection', [CAT, DOG]);
    const picture = await grey();
    await predict(picture);
    expect(sent.headers()['content-type']).toBe('image/png');
    expect(sent.postDataBuffer()!.equals(picture)).toBe(true);
    await regions().locator('path').nth(1).waitFor({ state: 'attached' });
    const [figure, outline] = [(await box('img'))!, (await regions().locator('path').first().boundingBox())!];
    const expected = { x: 0.5, y: 0.2, width: 0.25, height: 0.6 };
    expect((outline.x - figure.x) / figure.width).toBeCloseTo(expected.x, 1);
    expect((outline.y - figure.y) / figure.height).toBeCloseTo(expected.y, 1);
    expect(outline.width / figure.width).toBeCloseTo(expected.width, 1);
    expect(outline.height / figure.height).toBeCloseTo(expected.height, 1);
    expect(await regions().locator('small').allInnerTexts()).toEqual(['cat', 'dog']);
    expect((await lines()).map((line) => line.trim().split(/\s+/))).toEqual([
      ['cat', '0.980000'],
      ['dog', '0.750000'],
    ]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('shows the command that sends the file', async () => {
    await open('object_detection', []);
    await predict(await grey());
    expect(await page.locator('#curl').innerText()).toBe(
      "curl -H 'content-type: image/png' --data-binary '@my cat'\\''s.png' " +
        'http://model.example/v2/models/half_plus_two/versions/1/infer',
    );
    expect(await page.locator('#outputs caption').innerText()).toBe('found 0');
  });

  /** Returns the color of the middle of the left and of the right half of the picture on the page. */
  async function halves(): Promise<number[][]> {
    const { data, info } = await sharp(await regions().screenshot())
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [0.25, 0.75].map((share) => {
      const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width * share)) * info.channels;
      return Array.from(data.subarray(at, at + 3));
    });
  }
  const GREY = [0x88, 0x88, 0x88];

  it('colors the pixels of a mask', async () => {
    const right = { create: { width: 100, height: 100, channels: 3 as const, background: '#ffffff' } };
    const mask = await sharp({ create: { ...right.create, width: 200, background: '#000000' } })
      .composite([{ input: right, left: 100, top: 0 }])
      .png()
      .toBuffer();
    await open('image_segmentation', [{ label: 'sky', score: null, mask: mask.toString('base64') }]);
    await predict(await grey());
    await regions().locator('.mask').waitFor();
    await expect.poll(async () => (await halves())[1]).not.toEqual(GREY);
    expect((await halves())[0]).toEqual(GREY);
    expect(await lines()).toEqual(['sky']);
  });

  it('colors the inside of polygons, without their holes', async () => {
    const rectangle = (left: number, top: number, right: number, bottom: number) => [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];
    const polygons = [rectangle(0, 0, 200, 100), rectangle(100, 0, 200, 100)];
    await open('image_segmentation', [{ label: 'sky', score: null, polygons }]);
    await predict(await grey());
    await regions().locator('path').waitFor({ state: 'attached' });
    const [left, right] = await halves();
    expect(left).not.toEqual(GREY);
    expect(right).toEqual(GREY);
  });

  it('lists what the model found in a file that the browser cannot show', async () => {
    await open('object_detection', [CAT]);
    await predict(
      await sharp(await grey())
        .tiff()
        .toBuffer(),
      'image/tiff',
    );
    await regions().waitFor({ state: 'detached' });
    expect((await lines())[0]).toMatch(/^cat\s+0\.98/);
  });

  it('begins with the picture of a golden sample', async () => {
    const picture = await grey();
    const data = [Buffer.from(picture.toString('base64'))];
    await open('object_detection', [CAT], [[{ name: 'image', datatype: 'BYTES', shape: [1], data }]]);
    await page.locator('.drop img').waitFor();
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    expect(sent.postDataBuffer()!.equals(picture)).toBe(true);
  });
});
