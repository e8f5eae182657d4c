import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorFromBytes } from '../../../runtime/src/inference/binary.js';
import { DATATYPES } from '../../../runtime/src/inference/datatype.js';
import { InferenceError } from '../../../runtime/src/inference/errors.js';
import { elementCount, type TensorSpec } from '../../../runtime/src/inference/tensor.js';
import { decodeInferRequest, decodeSamples } from '../../../runtime/src/protocols/open-inference/index.js';
import { decodeExamplesRequest } from '../../../runtime/src/protocols/tensorflow-serving/examples.js';
import { inputsFromExamples } from '../../../runtime/src/protocols/tensorflow-serving/features.js';
import { decodePredictRequest } from '../../../runtime/src/protocols/tensorflow-serving/predict-request.js';
import { model } from '../protocols/support.js';
import { damaged, requestLike } from './arbitraries.js';

const specs = fc.uniqueArray(
  fc.record<TensorSpec>({
    name: fc.constantFrom('x', 'y', 'name', 'data'),
    datatype: fc.constantFrom(...DATATYPES),
    shape: fc.array(fc.constantFrom(-1, 1, 2, 1000), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 2, selector: ({ name }) => name },
);
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
    expect(['INVALID_ARGUMENT', 'UNIMPLEMENTED', 'FAILED_PRECONDITION']).toContain(error.code);
  }
}

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
