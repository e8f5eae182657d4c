import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { torchServeGrpc } from '../../../runtime/src/protocols/torchserve/grpc.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';

const send = (served = halfPlusTwo) => sender(catalog([served]));
const PATH = '/predictions/half_plus_two';
const floats = Buffer.from(Float32Array.of(1, 2).buffer);

/** A form of one file, in pieces so that the bytes are the file's own. */
function form(name: string, content: Buffer, type = 'application/octet-stream'): [Buffer, object] {
  const head = `--line\r\nContent-Disposition: form-data; name="${name}"; filename="f"\r\nContent-Type: ${type}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n--line--\r\n')]);
  return [body, { headers: { 'content-type': 'multipart/form-data; boundary=line' } }];
}

describe('TorchServe', () => {
  it.each(['[1, 2]', '{"instances": [1, 2]}', '{"data": [1, 2]}'])('answers a list for %s', async (body) => {
    expect((await send()('POST', PATH, body)).text).toBe('[2.5, 3.0]');
    expect((await send()('POST', `${PATH}/1`, body)).text).toBe('[2.5, 3.0]');
  });

  it.each([PATH, `${PATH}/1`])('takes files that are put to %s, as `curl -T` does', async (path) => {
    expect((await send()('PUT', path, '[1, 2]')).text).toBe('[2.5, 3.0]');
  });

  it.each(['[1, 2]', ' {"data": [1, 2]}\n'])('takes the JSON file %j, which `curl -F` calls octets', async (text) => {
    expect((await send()('POST', PATH, ...form('data', Buffer.from(text)))).text).toBe('[2.5, 3.0]');
  });

  it('takes raw bytes, and forms of either', async () => {
    const octets = { headers: { 'content-type': 'application/octet-stream' } };
    expect((await send()('POST', PATH, floats, octets)).text).toBe('[2.5, 3.0]');
    expect((await send()('POST', PATH, ...form('data', floats))).text).toBe('[2.5, 3.0]');
    expect((await send()('POST', PATH, ...form('data', Buffer.from('[1, 2]'), 'application/json'))).text).toBe(
      '[2.5, 3.0]',
    );
    const field = '--line\r\nContent-Disposition: form-data; name="data"\r\n\r\n[1, 2]\r\n--line--\r\n';
    expect(
      (await send()('POST', PATH, field, { headers: { 'content-type': 'multipart/form-data; boundary=line' } })).text,
    ).toBe('[2.5, 3.0]');
  });

  it.each([
    ['/predictions/none', 'ModelNotFoundException', 'Model not found: none'],
    [`${PATH}/9`, 'ModelVersionNotFoundException', 'Model version: 9 does not exist for model: half_plus_two'],
  ])('answers 404 to %s', async (path, type, message) => {
    const response = await send()('POST', path, '[1]');
    expect(response.status).toBe(404);
    expect(response.json()).toEqual({ code: 404, type, message });
  });

  it('refuses bodies and forms that it cannot read', async () => {
    const bad = async (body: Buffer | string, options = {}) => {
      const response = await send()('POST', PATH, body, options);
      expect(response.json()).toMatchObject({ code: 400, type: 'BadRequestException' });
      expect(response.status).toBe(400);
    };
    const type = (text: string) => ({ headers: { 'content-type': text } });
    await bad('{');
    await bad('abc');
    await bad(...form('other', floats));
    await bad('no form', type('multipart/form-data; boundary=line'));
    await bad('no boundary', type('multipart/form-data'));
    await bad(form('data', floats)[0].subarray(0, 100), type('multipart/form-data; boundary=line'));
  });

  it.each([
    ['INTERNAL', 500, 'InternalServerException'],
    ['UNAVAILABLE', 503, 'ServiceUnavailableException'],
  ] as const)('names %s as it does', async (code, status, type) => {
    const failing = model({
      compute: () => {
        throw new InferenceError(code, 'why');
      },
    });
    const response = await send(failing)('POST', PATH, '[1]');
    expect(response.status).toBe(status);
    expect(response.json()).toEqual({ code: status, type, message: 'why' });
  });

  it('takes a version as its archives write it', async () => {
    expect((await send()('POST', `${PATH}/1.0`, '[1, 2]')).text).toBe('[2.5, 3.0]');
    expect((await send()('POST', `${PATH}/2.0`, '[1, 2]')).json()).toEqual({
      code: 404,
      type: 'ModelVersionNotFoundException',
      message: 'Model version: 2.0 does not exist for model: half_plus_two',
    });
    expect((await send()('POST', `${PATH}/1.5`, '[1, 2]')).status).toBe(404);
  });

  it('answers the five best classes of a picture for a package of TorchServe, as its image_classifier does', async () => {
    const labels = ['a', '7', 'b', 'c', 'b', 'd', 'e'];
    const inputs = [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }];
    const outputs = [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 7], labels }];
    const classifier = model({
      name: 'birds',
      inputs,
      outputs,
      manifest: {
        inputs,
        outputs,
        origin: 'torchserve',
        task: { type: 'image_classification', preprocessing: [], layout: 'NCHW', output: 'y', activation: 'softmax' },
      } as unknown as Manifest,
      compute: ([image]) => {
        const rows = image!.data.length;
        const data = Float32Array.from(
          { length: 7 * rows },
          (_, index) => [0, 0.5, 0.125, 0.25, 1, 0, 2 ** -24][index % 7]!,
        );
        return [{ ...outputs[0]!, shape: [rows, 7], data }];
      },
    });
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const text = '{\n  "b": 0.125,\n  "7": 0.5,\n  "c": 0.25,\n  "e": 5.960464477539063e-8\n}';
    const ask = sender(catalog([classifier]));
    expect((await ask('POST', '/predictions/birds', png)).text).toBe(text);
    expect((await ask('PUT', '/predictions/birds/1.0', ...form('data', png))).text).toBe(text);
    const plain = { headers: { 'content-type': 'text/plain' } };
    expect((await ask('POST', '/predictions/birds', png.toString('base64'), plain)).text).toBe(text);
    const { Predictions } = torchServeGrpc.methods(catalog([classifier]));
    const call = { model_name: 'birds', model_version: '1.0', input: { data: png } };
    expect(await Predictions!(call as never, undefined as never)).toEqual({ prediction: Buffer.from(text) });
  });

  it.each(['[[1, 2]]', '{"data": [[1, 2]]}', '{"instances": [[1, 2]], "background": [[0, 0]]}'])(
    'explains %s',
    async (body) => {
      const sum = model({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        compute: ([x]) => {
          const rows = x!.data as Float32Array;
          const sums = Float32Array.from({ length: x!.shape[0]! }, (_, row) => rows[2 * row]! + rows[2 * row + 1]!);
          return [{ name: 'y', datatype: 'FP32', shape: [sums.length, 1], data: sums }];
        },
      });
      const ask = send(sum);
      const explained = [{ base_values: [0], shap_values: [[1], [2]], method: 'sampled', link: 'identity' }];
      expect((await ask('POST', '/explanations/half_plus_two', body)).json()).toEqual(explained);
      expect((await ask('POST', '/explanations/half_plus_two/1', body)).json()).toEqual(explained);
    },
  );

  it('says as it does what it cannot explain', async () => {
    const response = await send()('POST', '/explanations/half_plus_two', '{"other": 1}');
    expect(response.json()).toMatchObject({ code: 400, type: 'BadRequestException' });
    expect((await send()('POST', '/explanations/none', '[[1]]')).status).toBe(404);
  });
});
