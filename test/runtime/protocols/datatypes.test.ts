import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import type { ModelFormat } from '../../../runtime/src/manifest/index.js';
import { DATATYPES, type Datatype } from '../../../runtime/src/tensor/datatype.js';
import { describeServers } from '../../support/every-server.js';
import { freePort } from '../../support/free-port.js';
import { callOnce, type Message, type ServiceClient, serviceClient } from '../../support/grpc-client.js';
import { writePackage } from '../../support/packages.js';
import { shareOf } from '../../support/share.js';
import { python } from '../engines/python/saved.js';

// Every datatype goes through every protocol to a model of every format, and comes back.

type Element = boolean | bigint | number | string;

/** Name of the input of every model. */
const INPUT = 'features';

/** Two rows of two elements: the limits of the datatype where it has any. */
const ELEMENTS: Readonly<Record<Datatype, readonly Element[]>> = {
  BOOL: [true, false, false, true],
  UINT8: [0n, 1n, 128n, 255n],
  UINT16: [0n, 1n, 32768n, 65535n],
  UINT32: [0n, 1n, 2n ** 31n, 2n ** 32n - 1n],
  UINT64: [0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n],
  INT8: [-128n, -1n, 0n, 127n],
  INT16: [-32768n, -1n, 0n, 32767n],
  INT32: [-(2n ** 31n), -1n, 0n, 2n ** 31n - 1n],
  INT64: [-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n],
  FP16: [1.5, -2, 2 ** -24, 65504],
  BF16: [1.5, -2, 2 ** -133, 2 ** 127 * (2 - 2 ** -7)],
  FP32: [1.5, -2, 2 ** -149, 2 ** 127 * (2 - 2 ** -23)],
  FP64: [1.5, -0.1, 5e-324, Number.MAX_VALUE],
  BYTES: ['a', 'longer', 'é', '0'],
};

/** Bits of the 16-bit floats, which JavaScript has no array for before Node 24. */
const BITS = { FP16: [0x3e00, 0xc000, 0x0001, 0x7bff], BF16: [0x3fc0, 0xc000, 0x0001, 0x7f7f] };

const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

/** Elements as they are in binary tensors. */
function rawOf(datatype: Datatype, elements: readonly Element[]): Buffer {
  if (datatype === 'BYTES') {
    return Buffer.concat(
      elements.flatMap((text) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(Buffer.byteLength(text as string));
        return [length, Buffer.from(text as string)];
      }),
    );
  }
  const numbers = datatype === 'FP16' || datatype === 'BF16' ? BITS[datatype] : elements;
  const isBig = datatype === 'INT64' || datatype === 'UINT64';
  const array = (ARRAYS[datatype] as Uint8ArrayConstructor).from(
    numbers.map((each) => (isBig ? each : Number(each)) as number),
  );
  return Buffer.from(array.buffer);
}

/** Half of the distance to the next number of a datatype with fewer digits than JavaScript's numbers. */
function halfUnit(datatype: Datatype, value: number): number {
  const [digits, least] = { FP16: [11, -24], BF16: [8, -133], FP32: [24, -149] }[datatype as string] ?? [53, -1074];
  return 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - digits!, least! - 1);
}

/** Reads an element of JSON or CSV: the element that was sent if the text stands for it. */
function elementOf({ datatype, elements }: Exchange, text: string | boolean, index: number): Element {
  if (datatype === 'BYTES') return text;
  if (datatype === 'BOOL') return text === true || ['true', 'True', '1'].includes(String(text));
  if (!/^(FP|BF)/.test(datatype)) return BigInt(text);
  const sent = elements[index] as number;
  return Math.abs(Number(text) - sent) < halfUnit(datatype, sent) || Number(text) === sent ? sent : Number(text);
}

const written = (element: Element) => (typeof element === 'string' ? JSON.stringify(element) : String(element));

/** The list that follows `key` in a text, or the first one, as elements. Digits of 64-bit integers are kept. */
function listIn(exchange: Exchange, text: string, key = ''): Element[] {
  const start = text.indexOf('[', text.indexOf(key) + key.length);
  let [end, depth] = [start, 0];
  do {
    if (text[end] === '[') depth++;
    if (text[end] === ']') depth--;
    end++;
  } while (depth > 0);
  const list = text.slice(start, end);
  const quoted = exchange.datatype === 'BYTES' ? list : list.replaceAll(/-?\d[\d.eE+-]*/g, '"$&"');
  const texts = JSON.parse(quoted).flat() as (string | boolean)[];
  return texts.map((each, index) => elementOf(exchange, each, index));
}

/** The server under test, and what is sent to it. */
interface Exchange {
  readonly base: string;
  readonly datatype: Datatype;
  /** Datatype of the model's input, if the server widens the tensor. */
  readonly input: Datatype;
  readonly elements: readonly Element[];
  /** Rows in JSON. */
  readonly rows: string;
  readonly raw: Buffer;
  readonly client: (service: string) => ServiceClient;
  /** Body that NumPy wrote. */
  readonly numpy: (ending: 'npy' | 'npz') => Buffer;
}

async function send(
  { base }: Exchange,
  path: string,
  body: string | Buffer,
  type = 'application/json',
  accept = type,
): Promise<Buffer> {
  const headers = { 'content-type': type, accept };
  const response = await fetch(base + path, { method: 'POST', headers, body: body as string });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${path} returned ${response.status}: ${bytes}`);
  return bytes;
}

const json =
  (path: string, before: string, key = '') =>
  async (exchange: Exchange) =>
    listIn(exchange, String(await send(exchange, path, `${before}${exchange.rows}}`)), key);

/** Elements of raw bytes: those that were sent, or the bytes if they differ. */
const fromRaw = ({ elements, raw }: Exchange, bytes: Buffer) => (bytes.equals(raw) ? elements : bytes.toString('hex'));

const binary = (path: string, typeOf: (length: number) => string) => async (exchange: Exchange) => {
  const { datatype, raw } = exchange;
  const input = { name: INPUT, datatype, shape: [2, 2], parameters: { binary_data_size: raw.length } };
  const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));
  const headers = { 'inference-header-content-length': String(head.length), 'content-type': typeOf(head.length) };
  const body = Buffer.concat([head, raw]);
  const response = await fetch(exchange.base + path, { method: 'POST', headers, body });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${path} returned ${response.status}: ${bytes}`);
  return fromRaw(exchange, bytes.subarray(-raw.length));
};

/** Elements of a NumPy file, which follow its header: those that were sent, or the bytes if they differ. */
function fromNumpy(exchange: Exchange, file: Buffer) {
  const dataOf = (bytes: Buffer) => bytes.subarray(10 + bytes.readUInt16LE(8));
  const data = dataOf(file);
  return data.equals(dataOf(exchange.numpy('npy'))) ? exchange.elements : data.toString('hex');
}

/** Field of a `TensorProto` or of `InferTensorContents`. Fields for texts have bytes. */
const valuesIn = (exchange: Exchange, values: readonly Message[]) =>
  values.map((each, index) => elementOf(exchange, typeof each === 'boolean' ? each : String(each), index));

const CONTENTS: Partial<Record<Datatype, string>> = {
  BOOL: 'bool_contents',
  ...Object.fromEntries(['INT8', 'INT16', 'INT32'].map((each) => [each, 'int_contents'])),
  ...Object.fromEntries(['UINT8', 'UINT16', 'UINT32'].map((each) => [each, 'uint_contents'])),
  INT64: 'int64_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

const ENUM: Partial<Record<Datatype, string>> = {
  FP16: 'HALF',
  BF16: 'BFLOAT16',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'STRING',
};

const inferByGrpc = (isRaw: boolean) => async (exchange: Exchange) => {
  const { datatype, elements, raw } = exchange;
  const field = CONTENTS[datatype]!;
  const contents = {
    [field]: elements.map((each) =>
      datatype === 'BYTES' ? Buffer.from(each as string) : typeof each === 'bigint' ? String(each) : each,
    ),
  };
  const input = { name: INPUT, datatype, shape: [2, 2], ...(isRaw ? {} : { contents }) };
  const request = { model_name: 'echo', inputs: [input], ...(isRaw ? { raw_input_contents: [raw] } : {}) };
  const { outputs, raw_output_contents: rawOutputs } = await callOnce(
    exchange.client('inference.GRPCInferenceService'),
    'ModelInfer',
    request,
  );
  return rawOutputs.length > 0 ? fromRaw(exchange, rawOutputs[0]) : valuesIn(exchange, outputs[0].contents[field]);
};

async function predictByGrpc(exchange: Exchange) {
  const { datatype, input, elements } = exchange;
  const tensor = {
    // TensorFlow Serving accepts no other datatype than that of the model.
    dtype: `DT_${ENUM[input] ?? input}`,
    tensor_shape: { dim: [{ size: 2 }, { size: 2 }] },
    ...(datatype === 'BYTES'
      ? { string_val: elements.map((each) => Buffer.from(each as string)) }
      : { tensor_content: rawOf(input, elements) }),
  };
  const { outputs } = await callOnce(exchange.client('tensorflow.serving.PredictionService'), 'Predict', {
    model_spec: { name: 'echo' },
    inputs: { [INPUT]: tensor },
  });
  const [{ tensor_content: content, half_val: bits, ...output }] = Object.values(outputs as Record<string, Message>);
  if (content.length > 0) return fromRaw(exchange, content);
  if (bits.length > 0) return fromRaw(exchange, Buffer.from(Uint16Array.from(bits).buffer));
  const field = Object.keys(output).find((name) => name.endsWith('_val') && output[name].length > 0)!;
  return valuesIn(exchange, output[field]);
}

async function predictionsByGrpc(exchange: Exchange) {
  const input = { data: Buffer.from(`{"instances":${exchange.rows}}`) };
  const service = exchange.client('org.pytorch.serve.grpc.inference.InferenceAPIsService');
  const { prediction } = await callOnce(service, 'Predictions', { model_name: 'echo', input });
  return listIn(exchange, String(prediction));
}

/** Elements that come back by each protocol and form of bodies. */
const PROTOCOLS: Readonly<Record<string, (exchange: Exchange) => Promise<readonly Element[] | string>>> = {
  'Open Inference, JSON': (exchange) =>
    json(
      '/v2/models/echo/infer',
      `{"inputs":[{"name":"${INPUT}","shape":[2,2],"datatype":"${exchange.datatype}","data":`,
      '"data":',
    )({ ...exchange, rows: `${exchange.rows}}]` }),
  'Open Inference, binary': binary('/v2/models/echo/infer', () => 'application/octet-stream'),
  'Open Inference, gRPC, raw': inferByGrpc(true),
  'Open Inference, gRPC, typed': (exchange) => inferByGrpc(CONTENTS[exchange.datatype] === undefined)(exchange),
  'TensorFlow Serving, rows': json('/v1/models/echo:predict', '{"instances":', '"predictions":'),
  'TensorFlow Serving, columns': json('/v1/models/echo:predict', '{"inputs":', '"outputs":'),
  'TensorFlow Serving, gRPC': predictByGrpc,
  'KServe, CloudEvent': async (exchange) => {
    const event = `{"specversion":"1.0","id":"1","source":"test","type":"rows","data":{"instances":${exchange.rows}}}`;
    const answer = await send(exchange, '/v1/models/echo:predict', event, 'application/cloudevents+json');
    return listIn(exchange, String(answer), '"predictions":');
  },
  'SageMaker, JSON': json('/invocations', '{"instances":', '"predictions":'),
  'SageMaker, JSON Lines': async (exchange) => {
    const lines = exchange.rows.slice(1, -1).replace('],[', ']\n[');
    const answer = await send(exchange, '/invocations', lines, 'application/x-ndjson');
    return listIn(exchange, `[${String(answer).trimEnd().replaceAll('\n', ',')}]`);
  },
  'SageMaker, CSV': async (exchange) => {
    const [a, b, c, d] = exchange.elements.map(String);
    const answer = await send(exchange, '/invocations', `${a},${b}\n${c},${d}\n`, 'text/csv');
    return String(answer)
      .trim()
      .split(/[\n,]/)
      .map((text, index) => elementOf(exchange, text, index));
  },
  'SageMaker, npy': async (exchange) =>
    fromNumpy(exchange, await send(exchange, '/invocations', exchange.numpy('npy'), 'application/x-npy')),
  'SageMaker, npz': async (exchange) =>
    fromNumpy(
      exchange,
      await send(exchange, '/invocations', exchange.numpy('npz'), 'application/x-npz', 'application/x-npy'),
    ),
  'SageMaker, binary': binary(
    '/invocations',
    (length) => `application/vnd.sagemaker-triton.binary+json;json-header-size=${length}`,
  ),
  'Vertex AI, JSON': json('/predict-here', '{"instances":', '"predictions":'),
  'Vertex AI, binary': binary(
    '/predict-here',
    (length) => `application/vnd.vertex-ai-triton.binary+json;json-header-size=${length}`,
  ),
  'Azure ML': json('/score', '{"input_data":'),
  'TorchServe, REST': json('/predictions/echo', '{"instances":'),
  'TorchServe, gRPC': predictionsByGrpc,
};

/** A format under test. */
interface Format {
  readonly datatypes: readonly Datatype[];
  readonly output: string;
  /** Datatype of the model's input. @default the one that is sent */
  readonly input?: Datatype;
}

const without = (...lacking: readonly Datatype[]) => DATATYPES.filter((each) => !lacking.includes(each));

/**
 * The formats and the datatypes that their models can have. CatBoost's models have those of LightGBM, by the same code of
 * the worker, and the environment of the tests lacks CatBoost.
 */
const FORMATS: Partial<Record<ModelFormat, Format>> = {
  // ONNX Runtime's binding for Node has no bfloat16.
  onnx: { datatypes: without('BF16'), output: 'prediction' },
  saved_model: { datatypes: DATATYPES, output: 'prediction' },
  torchscript: { datatypes: without('BYTES'), output: 'output' },
  exported_program: { datatypes: without('BYTES'), output: 'output' },
  torch_pickle: { datatypes: without('BYTES'), output: 'output' },
  // NumPy has no bfloat16.
  pickle: { datatypes: without('BF16'), output: 'prediction' },
  // Every model has rows of 64-bit floats. XGBoost rounds them to 32 bits.
  lightgbm: { datatypes: ['FP64'], output: 'prediction' },
  xgboost: { datatypes: ['FP32'], output: 'prediction', input: 'FP64' },
};

/** Elements that a model of a format returns unchanged. LightGBM takes numbers below 1e-35 as 0. */
const elementsIn = (format: ModelFormat, datatype: Datatype) =>
  format === 'lightgbm' ? ELEMENTS[datatype].with(2, 1 / 3) : ELEMENTS[datatype];

const CASES = (Object.keys(FORMATS) as ModelFormat[]).flatMap((format) =>
  FORMATS[format]!.datatypes.map((datatype) => ({ format, datatype })),
);

let folder: string;
const cases = shareOf(CASES, 8, 'datatypes');
const clients: ServiceClient[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-echoes-'));
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Saves the models of a format to a folder of its own, all at once because the imports of a framework take longest. */
function save(format: ModelFormat): void {
  const datatypes = cases.filter((each) => each.format === format).map(({ datatype }) => datatype);
  const values = datatypes.map((each) => {
    const elements = elementsIn(format, each);
    return [each, each === 'BYTES' ? elements : rawOf(each, elements).toString('hex')];
  });
  const target = join(folder, format);
  mkdirSync(target);
  writeFileSync(join(target, 'values.json'), JSON.stringify(Object.fromEntries(values)));
  execFileSync(python, [join(import.meta.dirname, 'save_echoes.py'), target, format], { stdio: 'pipe' });
}

/** Packs a model that returns its input. */
function packageOf(format: ModelFormat, datatype: Datatype): string {
  const artifact = join(folder, format, datatype);
  if (!existsSync(artifact)) save(format);
  const files = statSync(artifact).isDirectory()
    ? readdirSync(artifact, { recursive: true, encoding: 'utf8' }).filter((file) =>
        statSync(join(artifact, file)).isFile(),
      )
    : [''];
  const content = files.map((file) => [join('model', file), readFileSync(join(artifact, file))]);
  const { input = datatype, output } = FORMATS[format]!;
  return writePackage({
    name: 'echo',
    format,
    artifact: 'model',
    inputs: [{ name: INPUT, datatype: input, shape: [-1, 2] }],
    outputs: [{ name: output, datatype, shape: [-1, 2] }],
    content: { ...Object.fromEntries(content), 'samples.json': '[]' },
  });
}

describeServers('tensors come back as they were sent', (start) => {
  it.each(cases.map(({ datatype, format }) => [datatype, format] as const))(
    '%s in %s',
    { timeout: 300_000 },
    async (datatype, format) => {
      const grpcPort = await freePort();
      const server = start({
        [ENVIRONMENT.model]: packageOf(format, datatype),
        [ENVIRONMENT.grpcPort]: grpcPort,
        [ENVIRONMENT.python]: python,
        [ENVIRONMENT.trustPickle]: true,
        AIP_HEALTH_ROUTE: '/healthy',
        AIP_PREDICT_ROUTE: '/predict-here',
      });
      const elements = elementsIn(format, datatype);
      const [a, b, c, d] = elements.map(written);
      const exchange: Exchange = {
        base: await server.url,
        datatype,
        input: FORMATS[format]!.input ?? datatype,
        elements,
        rows: `[[${a},${b}],[${c},${d}]]`,
        raw: rawOf(datatype, elements),
        client: (service) => {
          const client = serviceClient(service, grpcPort);
          clients.push(client);
          return client;
        },
        numpy: (ending) => readFileSync(join(folder, format, `${datatype}.${ending}`)),
      };
      const back: Record<string, unknown> = {};
      for (const [name, call] of Object.entries(PROTOCOLS)) {
        back[name] = await call(exchange).catch((error: Error) => error.message);
      }
      expect(back).toEqual(Object.fromEntries(Object.keys(PROTOCOLS).map((name) => [name, elements])));
    },
  );
});
