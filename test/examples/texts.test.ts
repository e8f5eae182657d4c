import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { loadModel } from '@modelship/runtime/serve';
import { describe, expect, it, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { SynthesizedFunction } from '../contract/lambda-function.js';
import { modelship, ROOT } from '../lib/cli/support.js';
import { textInputs } from '../lib/pack/hugging-face/support.js';
import { freePort } from '../support/free-port.js';

const file = (...path: string[]) => join(ROOT, 'examples', ...path);
const json = (...path: string[]) => JSON.parse(readFileSync(file(...path), 'utf8'));

describe.each(['languages', 'addresses'])('the package of %s', (example) => {
  const directory = file(example, 'model');

  it('has all its files, in less than 2 MB, and answers as the original', async () => {
    await verifyFiles(directory, readManifest(directory));
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(2_000_000);
    expect(json(example, 'model', 'origin.json').largestDifference).toBeLessThan(1e-5);
    expect(await modelship('evaluate', directory)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/(\d+) of \1 samples agree/),
    });
  });

  it('is synthesized for a function, with its tokenizer', () => {
    const { codeFolder } = new SynthesizedFunction({ model: Model.fromDirectory(directory) });
    const files = readdirSync(codeFolder, { recursive: true }).map(String);
    expect(files.filter((path) => /(?:model\.onnx|tokenizer\.json)$/.test(path))).toHaveLength(2);
  });
});

test('the languages of texts that the model has not seen are right', async () => {
  const run = await modelship(
    ...['evaluate', file('languages', 'model'), '--rows', file('languages', 'held-out.jsonl')],
    ...['--label', 'language', '--min', 'accuracy=0.85', '--json'],
  );
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const { accuracy } = json('languages', 'evaluation.json');
  expect(JSON.parse(run.stdout).metrics.accuracy).toBeCloseTo(accuracy, 1);
});

test('the parts of addresses that the model has not seen are right', async () => {
  expect(json('addresses', 'evaluation.json').f1).toBeGreaterThan(0.8);
  const directory = file('addresses', 'model');
  const model = await loadModel(directory, readManifest(directory), { threads: 1 });
  try {
    const text = '742 Evergreen Terrace, Springfield, IL 62704';
    const [entities] = await model.run(textInputs([{ text }]));
    const found: { entity_group: string; start: number; end: number }[] = JSON.parse(String(entities!.data[0]));
    expect(found.map(({ entity_group, start, end }) => [entity_group, text.slice(start, end)])).toEqual([
      ['NUMBER', '742'],
      ['STREET', 'Evergreen Terrace'],
      ['CITY', 'Springfield'],
      ['STATE', 'IL'],
      ['ZIP', '62704'],
    ]);
  } finally {
    await model.close();
  }
});

test('the README serves texts in one command', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, setup, serve, request] = /^npm run (\w+) && (npx modelship serve .+)\n(curl .+)$/m.exec(readme)!;
  // The tests ran the same setup, and a build while others run would disturb them.
  expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts).toHaveProperty([setup!]);
  const port = await freePort();
  const server = spawn('bash', ['--norc', '-c', `exec ${serve} --port ${port}`], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    let written = '';
    await new Promise<void>((resolve, reject) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          written += text;
          if (written.includes(`:${port}`)) resolve();
        });
      }
      ended.then(() => reject(new Error(written)));
    });
    const command = request!.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
    const answer = execFileSync('bash', ['--norc', '-c', `${command} --silent --fail-with-body`], { encoding: 'utf8' });
    const found: { entity_group: string; word: string }[] = JSON.parse(answer);
    expect(found.map(({ entity_group }) => entity_group)).toEqual(['NUMBER', 'STREET', 'UNIT', 'CITY', 'STATE', 'ZIP']);
  } finally {
    process.kill(-server.pid!, 'SIGTERM');
    await ended;
  }
}, 120_000);
