import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { echoPackage, modelship, type Served, serve } from './support.js';

// Numbers that JavaScript's own JSON would change or refuse, to a model that answers what it is asked, and back.

/** The first whole number that a double does not hold. */
const ODD = '9007199254740993';

let numbers: string;
let longs: string;
let server: Served;
beforeAll(async () => {
  numbers = echoPackage('FP32');
  longs = echoPackage('INT64');
  server = await serve(longs);
});
afterAll(() => server?.stop());

describe('predict', () => {
  test.each([
    ['{"instances": [[1e39, -1e39]]}', ['Infinity', '-Infinity']],
    ['{"instances": [[NaN, 0.5]]}', ['NaN', 0.5]],
  ])('prints an answer that is no JSON as it came, and as JSON where that is asked for: %s', async (data, row) => {
    const text = await modelship('predict', numbers, '--data', data);
    expect({ code: text.code, stderr: text.stderr }).toEqual({ code: 0, stderr: '' });
    expect(text.stdout.replace(/\s/g, '')).toBe(`{"predictions":[[${row}]]}`);
    const { code, stdout } = await modelship('predict', numbers, '--data', data, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).answers[0].answer).toEqual({ predictions: [row] });
  });

  test.each([
    ['rows', `{"instances": [[${ODD}, -${ODD}]]}`],
    ['columns', `{"inputs": [[${ODD}, -${ODD}]], "outputs": [[0, 0]]}`],
    [
      'tensors',
      `{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "INT64", "data": [${ODD}, -${ODD}]}], "outputs": [{"name": "y"}]}`,
    ],
    ['samples', `[{"request": {"instances": [[${ODD}, -${ODD}]], "predictions": [[0, 0]]}}]`],
  ])('sends and prints every digit of whole numbers in %s', async (_, data) => {
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await modelship('predict', server.url, '--data', data, ...flags);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.replace(/\s/g, '')).toContain(`${ODD},-${ODD}]`);
    }
  });
});

describe('predict at a server that writes down what it is sent', () => {
  let asked: string[];
  let answer: string;
  let other: Server;
  let url: string;
  beforeAll(async () => {
    other = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      asked.push(body);
      response.end(answer);
    });
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/v1/models/m`;
    asked = [];
    answer = '{"predictions": [1.0]}';
  });
  afterEach(() => {
    asked = [];
    answer = '{"predictions": [1.0]}';
  });
  afterAll(() => other.close());

  test('sends the text that it was given, and prints the text that it gets', async () => {
    const data = '{ "instances" : [ [1.0, 1e400, 0.10] ],\n "parameters": {"x": 12345678901234567890} }';
    const { stdout } = await modelship('predict', url, '--data', data);
    expect(asked).toEqual([data]);
    expect(stdout).toBe('{"predictions": [1.0]}\n');
  });

  test('leaves nothing out but what is expected', async () => {
    const tensor = '{"name": "x", "datatype": "FP32", "shape": [1], "data": [1.50]}';
    const data = `[
      {"instances": [[1.0]], "predictions": [[2.0]], "signature_name": "s"},
      {"inputs": [${tensor}], "outputs": [{"name": "y", "data": [1]}]},
      {"inputs": [${tensor}], "outputs": [{"name": "y"}]},
      {"inputs": {"datatype": [1.0]}, "outputs": {"y": [1]}}
    ]`;
    expect((await modelship('predict', url, '--data', data)).code).toBe(0);
    expect(asked).toEqual([
      '{"instances": [[1.0]], "signature_name": "s"}',
      `{"inputs": [${tensor}]}`,
      `{"inputs": [${tensor}], "outputs": [{"name": "y"}]}`,
      '{"inputs": {"datatype": [1.0]}}',
    ]);
  });

  test('says that an answer is no JSON if JSON is to be printed, and prints it otherwise', async () => {
    answer = 'hello';
    const data = '{"instances": [1]}';
    expect(await modelship('predict', url, '--data', data)).toMatchObject({ code: 0, stdout: 'hello\n' });
    const { code, stdout, stderr } = await modelship('predict', url, '--data', data, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'ANSWER_INVALID',
      message: expect.stringMatching(/m:predict did not respond with JSON/),
    });
  });
});

describe('evaluate', () => {
  function data(expected: string): string {
    const path = join(longs, 'expected.json');
    writeFileSync(path, `{"instances": [[${ODD}, 1]], "predictions": [[${expected}, 1]]}`);
    return path;
  }

  test.each(['package', 'server'])('tells whole numbers apart that are one as doubles, for a %s', async (kind) => {
    const target = kind === 'package' ? longs : server.url;
    expect(await modelship('evaluate', target, '--samples', data(ODD))).toMatchObject({ code: 0 });
    const { code, stdout } = await modelship('evaluate', target, '--samples', data('9007199254740992'));
    expect(code).toBe(1);
    expect(stdout).toContain(`y[0] is ${ODD}, expected 9007199254740992`);
  });
});
