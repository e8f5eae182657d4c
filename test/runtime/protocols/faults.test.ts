import { describe, expect, it } from 'vitest';
import { protocols } from '../../../runtime/src/protocols/index.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import type { TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';

// The rows of the table of faults that a protocol meets, by their numbers.

const pair: TensorSpec[] = [
  { name: 'a', datatype: 'FP32', shape: [-1, 2] },
  { name: 'b', datatype: 'INT32', shape: [-1] },
];
const calls: string[] = [];
const models = [
  halfPlusTwo,
  model({
    name: 'pair',
    inputs: pair,
    outputs: pair,
    compute: (inputs) => {
      calls.push('pair');
      return inputs;
    },
  }),
];
const send = sender(catalog(models));
const predict = (body: string | Buffer | object) => send('POST', '/v1/models/pair:predict', body);
const infer = (body: string | Buffer | object) => send('POST', '/v2/models/pair/infer', body);

const a = { name: 'a', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
const b = { name: 'b', shape: [1], datatype: 'INT32', data: [3] };

async function expectRefused(answer: ReturnType<typeof send>, message: string | RegExp): Promise<void> {
  const before = calls.length;
  const response = await answer;
  expect(response.status).toBe(400);
  const { error } = response.json() as { error: string };
  expect(error).toMatch(message);
  expect(error).not.toMatch(/\.ts|\.js|at .*:\d+:\d+/);
  expect(calls).toHaveLength(before);
}

const cut = Buffer.from('{"instances": [{"a": [1, 2], "b": 3, "é": 1}]}').subarray(0, -7);

describe('fault 1: malformed JSON', () => {
  it.each(['{"instances": [', 'instances', '{"instances": [1,,2]}', '{"instances": "\\x"}'])('%s', async (body) => {
    await expectRefused(predict(body), /JSON Parse error/);
    await expectRefused(infer(body.replace('instances', 'inputs')), /JSON Parse error|must be a (list|JSON object)/);
  });

  it('truncated UTF-8', async () => {
    await expectRefused(predict(cut), /JSON Parse error/);
    const text = Buffer.concat([Buffer.from('{"id": "'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]);
    await expectRefused(infer(text), /Invalid encoding in string/);
  });
});

describe('fault 2: tensor names', () => {
  it('missing', async () => {
    await expectRefused(predict({ inputs: { a: [[1, 2]] } }), /Missing named input: b/);
    await expectRefused(infer({ inputs: [a] }), /input b is missing/);
  });

  it('extra', async () => {
    await expectRefused(predict({ instances: [{ a: [1, 2], b: 3, c: 4 }] }), /does not have named input: c/);
    await expectRefused(infer({ inputs: [a, b, { ...b, name: 'c' }] }), /the model has no input c/);
  });

  it('twice', async () => {
    await expectRefused(predict('{"inputs": {"a": [[1, 2]], "b": [3], "a": [[1, 2]]}}'), /the name a is given twice/);
    await expectRefused(infer({ inputs: [a, b, a] }), /input a is given twice/);
  });
});

describe('fault 3: datatype and shape', () => {
  it('wrong datatype', async () => {
    await expectRefused(predict({ inputs: { a: [[1, 2]], b: [3.5] } }), /not of expected type: int32/);
    await expectRefused(infer({ inputs: [a, { ...b, datatype: 'INT64' }] }), /got datatype INT64/);
  });

  it('wrong shape', async () => {
    await expectRefused(predict({ inputs: { a: [[1, 2, 3]], b: [3] } }), /input a: got shape \[1,3\]/);
    await expectRefused(infer({ inputs: [{ ...a, shape: [2] }, b] }), /input a: got shape \[2\]/);
  });

  it('negative or overflowing dimensions', async () => {
    await expectRefused(infer({ inputs: [a, { ...b, shape: [-1] }] }), /shape holds -1/);
    await expectRefused(infer({ inputs: [{ ...a, shape: [2 ** 52, 2] }, b] }), /input a: got data of shape/);
    const headers = { 'inference-header-content-length': '0' };
    const raw = await send('POST', '/v2/models/half_plus_two/infer', Buffer.alloc(3), { headers });
    expect(raw.status).toBe(400);
  });
});

describe('fault 4: numbers that are not finite', () => {
  it.each(['NaN', 'Infinity', '-Infinity', '1e999'])('%s in', async (token) => {
    const body = JSON.stringify({ inputs: [a, b] }).replace('"data":[1,2]', `"data":[${token},2]`);
    await expectRefused(infer(body), /expected type|out of the range|Invalid value/);
    // TensorFlow Serving's protocol takes them, as its clients rely on.
    const taken = await send('POST', '/v1/models/half_plus_two:predict', `{"instances": [${token}]}`);
    expect(taken.status).toBe(200);
    expect(taken.text).not.toContain('null');
  });
});

describe('fault 5: deep nesting', () => {
  it('is refused before it is read to its end', async () => {
    const deep = '['.repeat(101);
    await expectRefused(predict(`{"instances": ${deep}`), /nested too deeply/);
    await expectRefused(infer(`{"inputs": [{"x": ${deep}`), /nested too deeply/);
  });
});

describe('fault 11: names of prototypes', () => {
  it.each(['__proto__', 'constructor'])('%s is a name like any other', async (name) => {
    await expectRefused(predict(`{"${name}": {"polluted": true}, "instances": []}`), /No values in 'instances'/);
    await expectRefused(infer(`{"inputs": [{"${name}": {"polluted": true}}]}`), /an input has no name/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('fault 12: content type', () => {
  it.each([
    ['/v2/models/pair/infer', 'text/html'],
    ['/invocations', 'application/xml'],
  ])('POST %s as %s', async (path, type) => {
    const one = sender(catalog(models.slice(1)));
    expect((await one('POST', path, '{}', { headers: { 'content-type': type } })).status).toBe(415);
  });
});

describe.each(protocols({ vertexRoutes: { health: '/health', predict: '/predict' }, kserveStatus: true }))(
  'errors of $name',
  ({ errorResponse }) => {
    it('have status 413 for a request that is too large', () => {
      expect(errorResponse(new InferenceError('OUT_OF_RANGE', 'the body is too large')).status).toBe(413);
    });

    it('do not contain the text of an internal error', () => {
      const response = errorResponse(new Error('secret'));
      expect([response.status, String(response.body)]).toEqual([500, expect.not.stringContaining('secret')]);
    });
  },
);
