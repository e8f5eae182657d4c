import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByteBudget } from '../../../runtime/src/http/byte-budget.js';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import type { ModelCatalog } from '../../../runtime/src/models/model-catalog.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import type { Admission } from '../../../runtime/src/server/admission.js';
import { type GrpcOptions, type GrpcServer, startGrpcServer } from '../../../runtime/src/server/grpc.js';
import { serverTimes } from '../../../runtime/src/server/http-server.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import type { TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { callOnce, type Message, type ServiceClient, serviceClient } from '../../support/grpc-client.js';
import { catalog, halfPlusTwo, model } from '../protocols/support.js';

interface Connection {
  call(method: string, request?: Message): Promise<Message>;
  readonly client: ServiceClient;
}

const open: { close(): void }[] = [];
const servers: GrpcServer[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close(1000)));
});

async function connect(service: string, models: ModelCatalog, options: Partial<GrpcOptions> = {}): Promise<Connection> {
  const server = await startGrpcServer(models, {
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 2 ** 20,
    budget: new ByteBudget(2 ** 30),
    times: serverTimes(60),
    maxConnections: 100,
    onError: () => {},
    ...options,
  });
  servers.push(server);
  const client = serviceClient(service, server.port);
  open.push(client);
  return { client, call: (method, request) => callOnce(client, method, request) };
}

const inference = (models: readonly ServedModel[] = [halfPlusTwo], more = {}, options?: Partial<GrpcOptions>) =>
  connect('inference.GRPCInferenceService', catalog(models, more), options);
const prediction = (models: readonly ServedModel[] = [halfPlusTwo], more = {}) =>
  connect('tensorflow.serving.PredictionService', catalog(models, more));

const echo = (...inputs: TensorSpec[]) => model({ inputs, outputs: inputs, compute: (tensors) => tensors });
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const x = { name: 'x', datatype: 'FP32', shape: [2], contents: { fp32_contents: [1, 2] } };
const infer = (...inputs: object[]) => ({ model_name: 'half_plus_two', inputs });

describe('GRPCInferenceService', () => {
  it('answers contents to contents, with the id', async () => {
    const { call } = await inference();
    const answer = await call('ModelInfer', { ...infer(x), id: '7' });
    expect(answer).toMatchObject({ model_name: 'half_plus_two', model_version: '1', id: '7', raw_output_contents: [] });
    expect(answer.outputs[0]).toMatchObject({ name: 'y', datatype: 'FP32', shape: ['2'] });
    expect(answer.outputs[0].contents.fp32_contents).toEqual([2.5, 3]);
  });

  it('answers raw to raw', async () => {
    const { call } = await inference();
    const answer = await call('ModelInfer', {
      ...infer({ ...x, contents: undefined }),
      raw_input_contents: [floats(1, 2)],
    });
    expect(answer.raw_output_contents).toEqual([floats(2.5, 3)]);
    expect(answer.outputs[0].contents).toBeNull();
  });

  it.each<[TensorSpec['datatype'], string, unknown[]]>([
    ['BOOL', 'bool_contents', [true, false]],
    ['INT8', 'int_contents', [-128, 127]],
    ['INT32', 'int_contents', [-(2 ** 31), 1]],
    ['INT64', 'int64_contents', ['-9223372036854775808', '1']],
    ['UINT8', 'uint_contents', [255, 0]],
    ['UINT64', 'uint64_contents', ['18446744073709551615', '0']],
    ['FP64', 'fp64_contents', [0.1, -0.5]],
    ['BYTES', 'bytes_contents', [Buffer.from([255]), Buffer.from('a')]],
  ])('carries %s', async (datatype, field, values) => {
    const { call } = await inference([echo({ name: 'v', datatype, shape: [-1] })]);
    const answer = await call('ModelInfer', infer({ name: 'v', datatype, shape: [2], contents: { [field]: values } }));
    expect(answer.outputs[0].contents[field]).toEqual(values);
  });

  it('gives the outputs asked for, ranked into classes', async () => {
    const two = echo(
      { name: 'a', datatype: 'FP32', shape: [-1] },
      { name: 'b', datatype: 'FP32', shape: [-1], labels: ['cat', 'dog'] },
    );
    const { call } = await inference([two]);
    const answer = await call('ModelInfer', {
      ...infer({ ...x, name: 'b' }, { ...x, name: 'a' }),
      outputs: [{ name: 'b', parameters: { classification: { int64_param: '1' } } }],
    });
    expect(answer.outputs).toHaveLength(1);
    expect(answer.outputs[0].contents.bytes_contents.map(String)).toEqual(['2.000000:1:dog']);
  });

  it('tells of the server and its models', async () => {
    const { call } = await inference([halfPlusTwo], { ready: false });
    expect(await call('ServerLive')).toEqual({ live: true });
    expect(await call('ServerReady')).toEqual({ ready: false });
    expect(await call('ModelReady', { name: 'half_plus_two' })).toEqual({ ready: true });
    expect(await call('ModelReady', { name: 'half_plus_two', version: '2' })).toEqual({ ready: false });
    expect(await call('ServerMetadata')).toMatchObject({ name: 'modelship' });
    expect(await call('ModelMetadata', { name: 'half_plus_two' })).toEqual({
      name: 'half_plus_two',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['-1'] }],
    });
    expect((await call('RepositoryIndex')).models[0]).toMatchObject({ name: 'half_plus_two', state: 'READY' });
  });

  it.each<[string, object]>([
    ['input x is missing', infer()],
    ['input x is given twice', infer(x, x)],
    ['got datatype INT32', infer({ ...x, datatype: 'INT32' })],
    ['the model takes [-1]', infer({ ...x, shape: [2, 1] })],
    ['sizes from 0 to 2^53 - 1 are allowed', infer({ ...x, shape: [-2] })],
    ['got 2 fp32_contents, shape [3] takes 3', infer({ ...x, shape: [3] })],
    ['got 2 fp32_contents', infer({ ...x, shape: ['9007199254740991'] })],
    ['got 0 fp32_contents', infer({ ...x, contents: { fp64_contents: [1, 2] } })],
    ['contents beside raw_input_contents', { ...infer(x), raw_input_contents: [floats(1, 2)] }],
    ['got 2 raw_input_contents for 1 inputs', { ...infer(x), raw_input_contents: [floats(1), floats(2)] }],
    ['got 4 bytes of data', { ...infer({ ...x, contents: undefined }), raw_input_contents: [floats(1)] }],
    ['the model has no output z', { ...infer(x), outputs: [{ name: 'z' }] }],
  ])('refuses: %s', async (message, request) => {
    const { call } = await inference();
    await expect(call('ModelInfer', request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(message),
    });
  });

  it('tells the statistics of Triton', async () => {
    const metrics = new ModelMetrics();
    metrics.ran({ rows: 2, requests: 1, queuedMs: 1, elapsedMs: 2, succeeded: true });
    metrics.ended();
    const { call } = await inference([{ ...halfPlusTwo, metrics }]);
    const { model_stats: models } = await call('ModelStatistics', { name: 'half_plus_two' });
    expect(models).toMatchObject([
      {
        version: '1',
        inference_count: '2',
        execution_count: '1',
        inference_stats: { success: { count: '1', ns: '3000000' }, queue: { count: '1', ns: '1000000' } },
        batch_stats: [{ batch_size: '2', compute_infer: { count: '1', ns: '2000000' } }],
      },
    ]);
    expect((await call('ModelStatistics')).model_stats).toHaveLength(1);
    await expect(call('ModelStatistics', { name: 'none' })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('refuses small numbers that do not fit', async () => {
    const { call } = await inference([echo({ name: 'v', datatype: 'INT8', shape: [-1] })]);
    const request = infer({ name: 'v', datatype: 'INT8', shape: [1], contents: { int_contents: [128] } });
    await expect(call('ModelInfer', request)).rejects.toMatchObject({
      details: expect.stringContaining('range of INT8'),
    });
  });

  it('tells failures by their codes, and faults of ours without their text', async () => {
    const { call } = await inference();
    await expect(call('ModelInfer', { model_name: 'none' })).rejects.toMatchObject({ code: status.NOT_FOUND });
    const busy = model({
      compute: () => {
        throw new InferenceError('UNAVAILABLE', 'the queue is full');
      },
    });
    await expect((await inference([busy])).call('ModelInfer', infer(x))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: 'the queue is full',
    });
    const broken = model({
      compute: () => {
        throw new Error('secret');
      },
    });
    const told: unknown[] = [];
    const faulty = await inference([broken], {}, { onError: (error) => told.push(error) });
    await expect(faulty.call('ModelInfer', infer(x))).rejects.toMatchObject({
      code: status.INTERNAL,
      details: expect.not.stringContaining('secret'),
    });
    expect(told).toMatchObject([{ message: 'secret' }]);
  });

  it('refuses messages above the limit and lives', async () => {
    const { call } = await inference();
    const large = { ...infer({ ...x, contents: undefined }), raw_input_contents: [Buffer.alloc(2 ** 20)] };
    await expect(call('ModelInfer', large)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await call('ServerLive')).toEqual({ live: true });
  });

  it('tells the model that the caller went away', async () => {
    let started: (() => void) | undefined;
    let isAborted = () => false;
    let ended = () => {};
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const slow = model({
      compute: (inputs, { signal }) =>
        new Promise((resolve) => {
          started!();
          isAborted = () => signal!.aborted;
          ended = () => resolve(inputs);
        }),
    });
    const { client } = await inference([slow]);
    const call = client.ModelInfer!(infer(x), () => {});
    await isStarted;
    call.cancel();
    await vi.waitUntil(isAborted);
    ended();
  });

  it('lets callers in by what they send beside the message, and asks no probe', async () => {
    const admission: Admission = async ({ headers }) => {
      if (headers.authorization !== 'Bearer good') throw new InferenceError('UNAUTHENTICATED', 'a token is needed');
    };
    const { call, client } = await inference([halfPlusTwo], {}, { admission });
    await expect(call('ModelInfer', infer(x))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await call('ServerReady')).toEqual({ ready: true });
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer good');
    const answer = await new Promise<Message>((resolve) => {
      client.ModelInfer!(infer(x), metadata, (_: unknown, message: Message) => resolve(message));
    });
    expect(answer.outputs).toHaveLength(1);
  });

  it('tells when to come back', async () => {
    const admission: Admission = async () => {
      throw new InferenceError('RESOURCE_EXHAUSTED', 'too many', 2);
    };
    const { call } = await inference([halfPlusTwo], {}, { admission });
    const failure = await call('ModelInfer', infer(x)).catch((error: Message) => error);
    expect(failure.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(failure.metadata.get('grpc-retry-pushback-ms')).toEqual(['2000']);
  });

  it('sends callers elsewhere once the server ends, and still answers probes', async () => {
    const { call } = await connect('inference.GRPCInferenceService', catalog([halfPlusTwo]), {
      isDraining: () => true,
    });
    await expect(call('ModelMetadata', { name: 'half_plus_two' })).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: 'the server is shutting down',
    });
    expect(await call('ServerLive')).toEqual({ live: true });
  });

  it('finishes what is in flight before it closes', async () => {
    let finish: (() => void) | undefined;
    let started: (() => void) | undefined;
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const slow = model({
      compute: (inputs) =>
        new Promise((resolve) => {
          started!();
          finish = () => resolve(inputs);
        }),
    });
    const { call } = await inference([slow]);
    const answer = call('ModelInfer', infer(x));
    await isStarted;
    const closed = servers.pop()!.close(10_000);
    finish!();
    expect((await answer).outputs).toHaveLength(1);
    await closed;
  });
});

describe('PredictionService', () => {
  const spec = { name: 'half_plus_two' };
  const tensor = { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: 2 }] }, float_val: [1, 2] };

  it('predicts from values and from raw content', async () => {
    const { call } = await prediction();
    const answer = await call('Predict', { model_spec: spec, inputs: { x: tensor } });
    expect(answer.model_spec).toMatchObject({
      name: 'half_plus_two',
      version: { value: '1' },
      signature_name: 'serving_default',
    });
    expect(answer.outputs.y).toMatchObject({
      dtype: 'DT_FLOAT',
      tensor_shape: { dim: [{ size: '2' }] },
      float_val: [2.5, 3],
    });
    const raw = { ...tensor, float_val: [], tensor_content: floats(1, 2) };
    expect((await call('Predict', { model_spec: spec, inputs: { x: raw } })).outputs.y.float_val).toEqual([2.5, 3]);
  });

  it('repeats the last value of a short list', async () => {
    const { call } = await prediction();
    const short = { ...tensor, tensor_shape: { dim: [{ size: 4 }] } };
    expect((await call('Predict', { model_spec: spec, inputs: { x: short } })).outputs.y.float_val).toEqual([
      2.5, 3, 3, 3,
    ]);
    const none = { ...tensor, float_val: [] };
    expect((await call('Predict', { model_spec: spec, inputs: { x: none } })).outputs.y.float_val).toEqual([2, 2]);
  });

  it.each<[TensorSpec['datatype'], string, string, unknown[]]>([
    ['INT64', 'DT_INT64', 'int64_val', ['-9223372036854775808']],
    ['UINT8', 'DT_UINT8', 'int_val', [255]],
    ['BOOL', 'DT_BOOL', 'bool_val', [true]],
    ['BYTES', 'DT_STRING', 'string_val', [Buffer.from([255, 0])]],
    ['FP16', 'DT_HALF', 'half_val', [0x3c00]],
    ['UINT32', 'DT_UINT32', 'uint32_val', [4294967295]],
  ])('carries %s', async (datatype, dtype, field, values) => {
    const { call } = await prediction([echo({ name: 'v', datatype, shape: [-1] })]);
    const inputs = { v: { dtype, tensor_shape: { dim: [{ size: 1 }] }, [field]: values } };
    expect((await call('Predict', { model_spec: spec, inputs })).outputs.v[field]).toEqual(values);
  });

  it.each<[number, string, object]>([
    [status.INVALID_ARGUMENT, 'Missing ModelSpec', { inputs: { x: tensor } }],
    [
      status.NOT_FOUND,
      'Servable not found for request: Latest(none)',
      { model_spec: { name: 'none' }, inputs: { x: tensor } },
    ],
    [
      status.NOT_FOUND,
      'Specific(half_plus_two, 9)',
      { model_spec: { ...spec, version: { value: 9 } }, inputs: { x: tensor } },
    ],
    [
      status.INVALID_ARGUMENT,
      'Unrecognized servable version label: none',
      { model_spec: { ...spec, version_label: 'none' }, inputs: { x: tensor } },
    ],
    [status.INVALID_ARGUMENT, '"none" not found in signature def', { model_spec: { ...spec, signature_name: 'none' } }],
    [status.INVALID_ARGUMENT, 'input x is missing', { model_spec: spec }],
    [
      status.INVALID_ARGUMENT,
      'input tensor alias not found in signature: z',
      { model_spec: spec, inputs: { z: tensor } },
    ],
    [
      status.INVALID_ARGUMENT,
      'output tensor alias not found in signature: z',
      { model_spec: spec, inputs: { x: tensor }, output_filter: ['z'] },
    ],
    [
      status.INVALID_ARGUMENT,
      'got datatype INT32',
      { model_spec: spec, inputs: { x: { ...tensor, dtype: 'DT_INT32' } } },
    ],
    [status.INVALID_ARGUMENT, 'not supported', { model_spec: spec, inputs: { x: { ...tensor, dtype: 'DT_INVALID' } } }],
    [
      status.INVALID_ARGUMENT,
      'is too large for 2 values',
      { model_spec: spec, inputs: { x: { ...tensor, tensor_shape: { dim: [{ size: 2 ** 40 }] } } } },
    ],
    [
      status.INVALID_ARGUMENT,
      'is too large for 1 values',
      {
        model_spec: spec,
        inputs: {
          x: { dtype: 'DT_STRING', tensor_shape: { dim: [{ size: 2 ** 20 }] }, string_val: [Buffer.from('a')] },
        },
      },
    ],
    [
      status.INVALID_ARGUMENT,
      'got 2 float_val, shape [1] takes 1',
      { model_spec: spec, inputs: { x: { ...tensor, tensor_shape: { dim: [{ size: 1 }] } } } },
    ],
    [
      status.INVALID_ARGUMENT,
      'sizes of 0 and above',
      { model_spec: spec, inputs: { x: { ...tensor, tensor_shape: { dim: [{ size: -1 }] } } } },
    ],
  ])('answers %d: %s', async (code, message, request) => {
    const { call } = await prediction();
    await expect(call('Predict', request)).rejects.toMatchObject({ code, details: expect.stringContaining(message) });
  });

  it('leaves the shapes of a SavedModel to TensorFlow, and not the types of its elements', async () => {
    const saved = { ...halfPlusTwo, manifest: { ...halfPlusTwo.manifest, format: 'saved_model' } as Manifest };
    const { call } = await prediction([saved]);
    const column = { ...tensor, tensor_shape: { dim: [{ size: 2 }, { size: 1 }] } };
    const { outputs } = await call('Predict', { model_spec: spec, inputs: { x: column } });
    expect(outputs.y).toMatchObject({ tensor_shape: { dim: [{ size: '2' }, { size: '1' }] }, float_val: [2.5, 3] });
    for (const wrong of [
      { dtype: 'DT_INT32', int_val: [1, 2] },
      { dtype: 'DT_DOUBLE', double_val: [1, 2] },
      { dtype: 'DT_STRING', string_val: [Buffer.from('1'), Buffer.from('2')] },
    ]) {
      const inputs = { x: { tensor_shape: tensor.tensor_shape, ...wrong } };
      await expect(call('Predict', { model_spec: spec, inputs })).rejects.toMatchObject({
        code: status.INVALID_ARGUMENT,
        details: expect.stringMatching(/^input x: got datatype .*, the model takes FP32$/),
      });
    }
    await expect(call('Predict', { model_spec: spec })).rejects.toThrow('input x is missing');
    const twice = { model_spec: spec, inputs: { x: tensor }, output_filter: ['y', 'y'] };
    await expect(call('Predict', twice)).rejects.toThrow('duplicate output tensor alias: y');
  });

  it('classifies and regresses examples', async () => {
    const served = model({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1], labels: ['only'] }],
      compute: ([input]) => [{ ...input!, name: 'y' }],
    });
    const { serving_default: signature } = served.signatures;
    const { call } = await prediction([{ ...served, signatures: { serving_default: signature!, other: signature! } }]);
    const example = { features: { feature: { x: { float_list: { value: [0.5] } } } } };
    const request = { model_spec: spec, input: { example_list: { examples: [example] } } };
    expect((await call('Classify', request)).result.classifications[0].classes).toEqual([
      { label: 'only', score: 0.5 },
    ]);
    const context = {
      context: example,
      examples: [{}, { features: { feature: { x: { int64_list: { value: [2] } } } } }],
    };
    const regressed = await call('Regress', { model_spec: spec, input: { example_list_with_context: context } });
    expect(regressed.result.regressions).toEqual([{ value: 0.5 }, { value: 2 }]);
    const task = (method: string, signature_name = '') => ({
      model_spec: { ...spec, signature_name },
      method_name: `tensorflow/serving/${method}`,
    });
    const tasks = [task('classify'), task('regress', 'other')];
    const both = await call('MultiInference', { tasks, input: request.input });
    expect(both.results.map(({ result }: Message) => result)).toEqual(['classification_result', 'regression_result']);
    await expect(call('Classify', { model_spec: spec })).rejects.toMatchObject({ details: 'Input is empty.' });
    const unnamed = { ...task('regress'), model_spec: { name: '' } };
    const others = { ...task('regress'), model_spec: { name: 'another' } };
    for (const [wrong, code, details] of [
      [[], status.INVALID_ARGUMENT, 'Inference request must have at least one task'],
      [[unnamed], status.INVALID_ARGUMENT, 'Found ModelSpec with an empty model name.'],
      [[task('classify'), others], status.INVALID_ARGUMENT, /must access the same model name/],
      [
        [task('classify'), task('regress', 'serving_default')],
        status.INVALID_ARGUMENT,
        'Duplicate evaluation of signature: serving_default',
      ],
      [[task('predict')], status.UNIMPLEMENTED, 'Unsupported signature method_name: tensorflow/serving/predict'],
    ] as const) {
      await expect(call('MultiInference', { tasks: wrong, input: request.input })).rejects.toMatchObject({
        code,
        details: typeof details === 'string' ? details : expect.stringMatching(details),
      });
    }
  });

  it('counts calls by how they came, and what became of them', async () => {
    const metrics = new ModelMetrics();
    const server = new RuntimeMetrics();
    const { call } = await connect('tensorflow.serving.PredictionService', catalog([{ ...halfPlusTwo, metrics }]), {
      metrics: server,
    });
    await call('Predict', { model_spec: spec, inputs: { x: tensor } });
    await call('Predict', { model_spec: spec, inputs: {} }).catch(() => {});
    expect(metrics.latencyOf('Predict GRPC').count).toBe(1);
    expect(metrics.inferences.get('INVALID_ARGUMENT')).toBe(1);
    expect(server.text(processFigures(0))).toContain('modelship_requests_total{api="grpc",status="OK"} 1');
    expect(server.text(processFigures(0))).toContain(
      'modelship_requests_total{api="grpc",status="INVALID_ARGUMENT"} 1',
    );
  });

  it('tells the signatures, packed as any message', async () => {
    const { call } = await prediction();
    const answer = await call('GetModelMetadata', { model_spec: spec, metadata_field: ['signature_def'] });
    const any = answer.metadata.signature_def;
    expect(any.type_url).toBe('type.googleapis.com/tensorflow.serving.SignatureDefMap');
    expect(any.value.toString('latin1')).toContain('tensorflow/serving/predict');
    await expect(call('GetModelMetadata', { model_spec: spec })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });
});

describe('ModelService', () => {
  it('tells the states of the versions', async () => {
    const models = [halfPlusTwo, { ...halfPlusTwo, version: '0', state: 'END' as const, failure: 'damaged' }];
    const { call } = await connect('tensorflow.serving.ModelService', catalog(models));
    expect(await call('GetModelStatus', { model_spec: { name: 'half_plus_two' } })).toEqual({
      model_version_status: [
        { version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
        { version: '0', state: 'END', status: { error_code: 'UNKNOWN_ERROR', error_message: 'damaged' } },
      ],
    });
    await expect(call('GetModelStatus', { model_spec: { name: 'none' } })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });
});

describe('InferenceAPIsService', () => {
  const torchServe = (models: readonly ServedModel[] = [halfPlusTwo], more = {}) =>
    connect('org.pytorch.serve.grpc.inference.InferenceAPIsService', catalog(models, more));
  const ask = (input: Record<string, Buffer>, more = {}) => ({ model_name: 'half_plus_two', input, ...more });

  it('tells whether the server is healthy', async () => {
    expect(await (await torchServe()).call('Ping')).toEqual({ health: 'Healthy' });
    expect(await (await torchServe([], { ready: false })).call('Ping')).toEqual({ health: 'Unhealthy' });
  });

  it.each<[string, Record<string, Buffer>]>([
    ['JSON', { data: Buffer.from('[1, 2]') }],
    ['rows', { data: Buffer.from('{"instances": [1, 2]}') }],
    ['raw bytes', { data: floats(1, 2) }],
    ['an entry of another name', { body: Buffer.from('[1, 2]') }],
    ['more entries', { data: Buffer.from('[1, 2]'), note: Buffer.from('x') }],
  ])('predicts from %s', async (_, input) => {
    const { call } = await torchServe();
    for (const version of ['', '1']) {
      const { prediction } = await call('Predictions', ask(input, { model_version: version }));
      expect(prediction.toString()).toBe('[2.5, 3.0]');
    }
  });

  it.each<[number, string, object]>([
    [status.NOT_FOUND, 'Model not found: none', ask({}, { model_name: 'none' })],
    [status.NOT_FOUND, 'Model version: 9 does not exist for model: half_plus_two', ask({}, { model_version: '9' })],
    [status.INVALID_ARGUMENT, 'the input has 0 entries', ask({})],
    [status.INVALID_ARGUMENT, 'the input has 2 entries', ask({ a: floats(1), b: floats(2) })],
    [status.INVALID_ARGUMENT, 'JSON Parse error', ask({ data: Buffer.from('[1,') })],
  ])('answers %d: %s', async (code, message, request) => {
    const { call } = await torchServe();
    await expect(call('Predictions', request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(message),
    });
  });

  it('has no streams', async () => {
    const { client } = await torchServe();
    const failure = await new Promise((resolve) => {
      client.StreamPredictions!(ask({ data: floats(1) }))
        .on('error', resolve)
        .resume();
    });
    expect(failure).toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe('grpc.health.v1.Health', () => {
  const health = (ready: boolean, options: Partial<GrpcOptions> = {}) =>
    connect('grpc.health.v1.Health', catalog([halfPlusTwo], { ready }), options);

  it.each([
    [true, 'SERVING'],
    [false, 'NOT_SERVING'],
  ])('reports a server whose readiness is %s as %s, without a credential', async (ready, status) => {
    const denied = () => Promise.reject(new InferenceError('UNAUTHENTICATED', 'an API key is required'));
    const { call } = await health(ready, { admission: denied });
    expect(await call('Check')).toEqual({ status });
    expect(await call('Check', { service: 'inference.GRPCInferenceService' })).toEqual({ status });
  });

  it('knows no other service', async () => {
    const { call } = await health(true);
    await expect(call('Check', { service: 'none' })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});
