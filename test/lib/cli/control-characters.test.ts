import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { visible } from '../../../lib/cli/output.js';
import { writePackage } from '../../support/packages.js';
import { modelship } from './support.js';

/** Sets the title of the terminal, clears it, returns to the line's start, begins a line, and reverses what follows. */
const HOSTILE = 'x\x1b]0;OWNED\x07\x1b[2J\r\nEvery file matches its digest.\u202e\x9b1m';
const SHOWN = 'x\\x1b]0;OWNED\\x07\\x1b[2J\\x0d\\x0aEvery file matches its digest.\\u202e\\u009b1m';

const server = createServer((_, response) => response.writeHead(418).end(JSON.stringify({ error: 'no' }) + HOSTILE));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

/** Control characters that a terminal acts on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be printed
const ACTIVE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

test('fault 49: inspect shows control characters of a package escaped', async () => {
  const spec = { name: HOSTILE, datatype: 'FP32', shape: [-1, 1], labels: [HOSTILE] } as const;
  const tensors = [{ ...spec, shape: [...spec.shape], labels: [...spec.labels] }];
  const folder = writePackage({
    format: 'lightgbm',
    artifact: 'model.txt',
    inputs: tensors,
    outputs: tensors,
    signatures: { [HOSTILE]: { inputs: tensors, outputs: tensors } },
    content: { 'model.txt': 'tree', 'note\x1b[2J.txt': '' },
  });
  const { code, stdout } = await modelship('inspect', folder);
  expect(code).toBe(0);
  expect(stdout).toContain(SHOWN);
  expect(stdout).not.toMatch(ACTIVE);
  expect(stdout.match(/^Every file matches its digest\.$/gm)).toHaveLength(1);
});

test('an error shows control characters of a server and of a file name escaped', async () => {
  const { port } = server.address() as AddressInfo;
  for (const args of [
    ['predict', `http://127.0.0.1:${port}`, '--data', '{"instances": [[1]]}'],
    ['inspect', `/none/${HOSTILE}`],
  ]) {
    const { code, stdout, stderr } = await modelship(...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain('\\x1b]0;OWNED');
    expect(stdout + stderr).not.toMatch(ACTIVE);
  }
});

test('JSON keeps its meaning where control characters are escaped', () => {
  const text = JSON.stringify({ text: `a\u009b\u202e\u007f\tü` });
  expect(visible(text)).not.toMatch(ACTIVE);
  expect(JSON.parse(visible(text))).toEqual(JSON.parse(text));
});
