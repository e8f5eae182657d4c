import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-attributes-'));
const path = join(folder, 'forest.onnx');

/** Numbers in the attribute of a forest's node, each as a field of its own, as ONNX writes `AttributeProto.floats`. */
const NUMBERS = 2_000_000;

/** Megabytes of objects that a process may hold. Two million small ones need more. */
const HEAP_MB = 64;

const FLOATS = 7;

function message(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), content]);
}

beforeAll(() => {
  const floats = Buffer.alloc(5 * NUMBERS);
  for (let at = 0; at < floats.length; at += 5) floats[at] = FLOATS * 8 + 5;
  const attribute = message(5, Buffer.concat([message(1, Buffer.from('nodes_values')), floats]));
  const operator = [message(4, Buffer.from('TreeEnsembleClassifier')), message(7, Buffer.from('evil'))];
  const node = message(1, Buffer.concat([...operator, attribute]));
  const graph = message(7, Buffer.concat([node, message(2, Buffer.from('g'))]));
  const domain = message(8, Buffer.from([16, 18]));
  writeFileSync(path, Buffer.concat([Buffer.from([8, 8]), graph, domain]));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['externalData(path)', []],
  ["fileOperators(path, 'onnx')", ['evil.TreeEnsembleClassifier']],
])(
  '%s of a forest takes no memory for each of its numbers',
  (call, expected) => {
    const script = `
    const { externalData, fileOperators } = require('./runtime/src/manifest/index.ts');
    const [, path] = process.argv;
    console.log(JSON.stringify(${call}));`;
    const node = [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', '-e', script, path];
    const { stdout, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: 'utf8' });
    expect(stdout, stderr).toBe(`${JSON.stringify(expected)}\n`);
  },
  120_000,
);
