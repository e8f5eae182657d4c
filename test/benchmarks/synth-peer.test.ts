import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { ServerlessModel } from '../../lib/aws/index.js';
import { Model } from '../../lib/index.js';

const ROOT = join(import.meta.dirname, '..', '..');
const IRIS = join(ROOT, 'examples', 'iris', 'model');

const typesOf = (resources: Readonly<Record<string, { Type: string }>>) =>
  Object.values(resources)
    .map(({ Type }) => Type)
    .sort();

test('the app by hand that `synth-lambda` is compared with makes the same resources as the construct', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-peer-'));
  try {
    mkdirSync(join(folder, 'layer'));
    writeFileSync(join(folder, 'layer', 'file'), '');
    const outdir = join(folder, 'out');
    const script = join(ROOT, 'benchmarks', 'peers', 'cdk_lambda.cjs');
    execFileSync(process.execPath, [script, IRIS, outdir, join(folder, 'layer'), 'a'.repeat(64)], { stdio: 'pipe' });
    const byHand = JSON.parse(readFileSync(join(outdir, 'iris.template.json'), 'utf8')).Resources;

    const stack = new Stack(new App(), 'iris');
    new ServerlessModel(stack, 'Model', { model: Model.fromDirectory(IRIS) });
    expect(typesOf(byHand)).toEqual(typesOf(Template.fromStack(stack).toJSON().Resources));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
