import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSamples } from '../../../runtime/src/manifest/samples.js';
import { multipartFields } from '../../../runtime/src/protocols/multipart.js';
import { openInferenceGrpc } from '../../../runtime/src/protocols/open-inference/grpc.js';
import { decodeExamplesRequest } from '../../../runtime/src/protocols/tensorflow-serving/examples.js';
import { inputsFromExamples } from '../../../runtime/src/protocols/tensorflow-serving/features.js';
import { predictionService } from '../../../runtime/src/protocols/tensorflow-serving/grpc.js';
import {
  decodeJsonLines,
  decodePredictRequest,
} from '../../../runtime/src/protocols/tensorflow-serving/predict-request.js';
import { tensorFromBytes } from '../../../runtime/src/tensor/binary.js';
import { tensorsFromCsv } from '../../../runtime/src/tensor/csv.js';
import { allocate, DATATYPES } from '../../../runtime/src/tensor/datatype.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { npyFromTensor, tensorFromNpy } from '../../../runtime/src/tensor/npy.js';
import { decodeInferRequest } from '../../../runtime/src/tensor/open-inference/infer-request.js';
import { elementCount, type TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, model } from '../protocols/support.js';
import { damaged, requestLike } from './arbitraries.js';

const spec = fc.record<TensorSpec>({
  name: fc.constantFrom('x', 'y', 'name', 'data'),
  datatype: fc.constantFrom(...DATATYPES),
  shape: fc.array(fc.constantFrom(-1, 1, 2, 1000), { maxLength: 3 }),
});
const specs = fc.uniqueArray(spec, { minLength: 1, maxLength: 2, selector: ({ name }) => name });
const signatures = specs.map((inputs) => ({ inputs, outputs: inputs }));

const documents = requestLike([
  'instances',
  'inputs',
  'examples',
  'context',
  'signature_name',
  'outputs',
  'id',
  'name',
  'shape',
  'datatype',
  'data',
  'parameters',
  'binary_data_size',
  'request',
  'response',
  'x',
  'y',
]).map((text) => Buffer.from(text));
const bodies = fc.oneof(
  documents,
  damaged(documents),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);

/** Runs a decoder, which may answer or refuse but do nothing else. */
function decodes(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    expect(['INVALID_ARGUMENT', 'UNIMPLEMENTED', 'FAILED_PRECONDITION', 'NOT_FOUND']).toContain(error.code);
  }
}

/** The same for what answers later. */
async function answers(answer: () => Promise<unknown>): Promise<void> {
  let failure: unknown;
  await answer().catch((error: unknown) => {
    failure = error;
  });
  decodes(() => {
    if (failure !== undefined) throw failure;
  });
}

const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const longText = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('-1', '9223372036854775807', '18446744073709551615'),
);
const longs = fc.array(longText, { maxLength: 3 });

const RUNS = { numRuns: 2000 };

describe('whatever the bytes, a decoder gives a request or an InferenceError', () => {
  it('predict of TensorFlow Serving', () => {
    fc.assert(
      fc.property(bodies, signatures, (body, signature) => {
        const served = model({ ...signature, compute: () => [] });
        decodes(() => {
          for (const { shape, data } of decodePredictRequest(body, served).inputs) {
            expect(data).toHaveLength(elementCount(shape));
          }
        });
      }),
      RUNS,
    );
  });

  it('classify and regress of TensorFlow Serving', () => {
    fc.assert(
      fc.property(bodies, signatures, (body, signature) => {
        decodes(() => inputsFromExamples(signature, decodeExamplesRequest(body).examples));
      }),
      RUNS,
    );
  });

  it('infer of the Open Inference Protocol', () => {
    fc.assert(
      fc.property(bodies, signatures, fc.option(fc.nat({ max: 80 }), { nil: undefined }), (body, signature, length) => {
        const json = length === undefined ? undefined : Math.min(length, body.length);
        decodes(() => {
          for (const { shape, data } of decodeInferRequest(body, signature, json).inputs) {
            expect(data).toHaveLength(elementCount(shape));
          }
        });
      }),
      RUNS,
    );
  });

  it('infer of the Open Inference Protocol by gRPC', async () => {
    const input = fc.record({
      name: fc.constantFrom('x', 'y', 'name', '__proto__'),
      datatype: fc.constantFrom(...DATATYPES, 'FP8', ''),
      shape: longs,
      contents: fc.option(
        fc.record(
          {
            bool_contents: fc.array(fc.boolean(), { maxLength: 3 }),
            int_contents: fc.array(fc.integer(), { maxLength: 3 }),
            int64_contents: longs,
            uint_contents: fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 3 }),
            uint64_contents: longs,
            fp32_contents: fc.array(fc.float(), { maxLength: 3 }),
            fp64_contents: fc.array(fc.double(), { maxLength: 3 }),
            bytes_contents: fc.array(bytesOf(8), { maxLength: 3 }),
          },
          { requiredKeys: [] },
        ),
        { nil: null },
      ),
    });
    const request = fc.record({
      model_name: fc.constant('half_plus_two'),
      model_version: fc.constantFrom('', '1', '9'),
      id: fc.string({ maxLength: 4 }),
      inputs: fc.array(input, { maxLength: 3 }),
      outputs: fc.array(
        fc.record({
          name: fc.constantFrom('x', 'y', 'none'),
          parameters: fc.constantFrom({}, { classification: { parameter_choice: 'int64_param', int64_param: '-1' } }),
        }),
        { maxLength: 2 },
      ),
      raw_input_contents: fc.array(bytesOf(16), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(request, signatures, async (message, signature) => {
        const served = model({ ...signature, compute: (inputs) => inputs });
        const { ModelInfer } = openInferenceGrpc.methods(catalog([served]));
        await answers(async () => ModelInfer!(message, { aborted: false }));
      }),
      RUNS,
    );
  });

  it('predict of TensorFlow Serving by gRPC', async () => {
    const proto = fc.record({
      dtype: fc.constantFrom('DT_FLOAT', 'DT_INT64', 'DT_STRING', 'DT_HALF', 'DT_BOOL', 'DT_UINT64', 'DT_INVALID', ''),
      tensor_shape: fc.option(
        fc.record({
          dim: fc.array(
            longText.map((size) => ({ size })),
            { maxLength: 4 },
          ),
          unknown_rank: fc.boolean(),
        }),
        { nil: null },
      ),
      tensor_content: fc.option(bytesOf(16), { nil: undefined }),
      float_val: fc.array(fc.float(), { maxLength: 3 }),
      int_val: fc.array(fc.integer(), { maxLength: 3 }),
      int64_val: longs,
      uint64_val: longs,
      half_val: fc.array(fc.integer(), { maxLength: 3 }),
      string_val: fc.array(bytesOf(8), { maxLength: 3 }),
      bool_val: fc.array(fc.boolean(), { maxLength: 3 }),
    });
    const request = fc.record({
      model_spec: fc.constantFrom(
        null,
        { name: 'half_plus_two', version: null, signature_name: '' },
        { name: 'half_plus_two', version: null, signature_name: '__proto__' },
      ),
      inputs: fc.dictionary(fc.constantFrom('x', 'y', 'name', 'data'), proto, { maxKeys: 3 }),
      output_filter: fc.array(fc.constantFrom('x', 'y', 'none'), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(request, signatures, async (message, signature) => {
        const served = model({ ...signature, compute: (inputs) => inputs });
        const { Predict } = predictionService.methods(catalog([served]));
        await answers(async () => Predict!(message, { aborted: false }));
      }),
      RUNS,
    );
  });

  it('CSV', () => {
    const cell = fc.oneof(
      fc.constantFrom('1', '-0', 'nan', '"a""b"', '"', '', ' ', '1e999', 'é', '18446744073709551616', 'true'),
      fc.string({ maxLength: 4 }),
    );
    const lines = fc.array(
      fc.array(cell, { maxLength: 3 }).map((cells) => cells.join(',')),
      { maxLength: 4 },
    );
    const text = fc.oneof(
      fc.tuple(lines, fc.constantFrom('\n', '\r\n', '\r')).map(([rows, end]) => rows.join(end)),
      fc.string({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, spec, (csv, input) => {
        decodes(() => {
          for (const { shape, data } of tensorsFromCsv({ inputs: [input], outputs: [] }, Buffer.from(csv))) {
            expect(data).toHaveLength(elementCount(shape));
          }
        });
      }),
      RUNS,
    );
  });

  it('npy', () => {
    const array = fc
      .record({
        datatype: fc.constantFrom('FP32' as const, 'INT64' as const, 'UINT8' as const),
        rows: fc.nat({ max: 4 }),
      })
      .map(({ datatype, rows }) =>
        npyFromTensor({ name: 'x', datatype, shape: [rows, 2], data: allocate(datatype, rows * 2) }),
      );
    const header = fc
      .tuple(
        fc.constantFrom('<f4', '>f4', '|S3', '<U2', '|O', '<c8', '=i8'),
        fc.constantFrom('True', 'False', 'None'),
        fc.constantFrom('()', '(2,)', '(-1,)', '(1e9,)', '(99999999999, 99999999999)', '(2', '2'),
      )
      .map(([descr, fortran, shape]) => {
        const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
        const length = Buffer.from([1, 0, text.length, 0]);
        return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), length, Buffer.from(text), Buffer.alloc(8)]);
      });
    fc.assert(
      fc.property(fc.oneof(array, damaged(array), header, damaged(header)), spec, (body, input) => {
        decodes(() => {
          const { shape, data } = tensorFromNpy(input, body);
          expect(data).toHaveLength(elementCount(shape));
        });
      }),
      RUNS,
    );
  });

  it('JSON Lines', () => {
    const lines = fc.array(documents, { maxLength: 3 }).map((each) => Buffer.from(each.join('\n')));
    fc.assert(
      fc.property(fc.oneof(lines, damaged(lines)), signatures, (body, signature) => {
        const served = model({ ...signature, compute: () => [] });
        decodes(() => {
          for (const { shape, data } of decodeJsonLines(body, served).inputs) {
            expect(data).toHaveLength(elementCount(shape));
          }
        });
      }),
      RUNS,
    );
  });

  it('forms', async () => {
    const part = fc
      .tuple(fc.constantFrom('data', 'other', ''), fc.constantFrom('; filename="f"', '', '; filename'), bytesOf(12))
      .map(([name, file, content]) =>
        Buffer.concat([
          Buffer.from(`--line\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
          content,
          Buffer.from('\r\n'),
        ]),
      );
    const form = fc
      .tuple(fc.array(part, { maxLength: 4 }), fc.constantFrom('--line--\r\n', '--line', ''))
      .map(([parts, end]) => Buffer.concat([...parts, Buffer.from(end)]));
    const types = fc.constantFrom(
      'multipart/form-data; boundary=line',
      'multipart/form-data',
      'multipart/form-data; boundary=',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(form, damaged(form)), types, async (body, type) => {
        await answers(() => multipartFields(body, type));
      }),
      RUNS,
    );
  });

  it('samples', () => {
    fc.assert(
      fc.property(bodies, signatures, (body, signature) => decodes(() => decodeSamples(body, signature))),
      RUNS,
    );
  });

  it('raw tensors', () => {
    const shapes = fc.array(fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(2 ** 31, 2 ** 53 - 1)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...DATATYPES), shapes, fc.uint8Array({ maxLength: 64 }), (datatype, shape, bytes) => {
        decodes(() => tensorFromBytes('x', datatype, shape, Buffer.from(bytes)));
      }),
      RUNS,
    );
  });
});
