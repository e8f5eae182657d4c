import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectFormat, type ModelPackageError } from '@modelship/runtime/manifest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(__dirname, '..', '..', '..');
const iris = join(root, 'examples', 'iris', 'model.onnx');
const folder = mkdtempSync(join(tmpdir(), 'modelship-format-'));
const file = (name: string) => join(folder, name);

beforeAll(() => {
  execFileSync(join(root, '.venv', 'bin', 'python'), [join(__dirname, 'model_files.py'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function refusal(path: string): ModelPackageError {
  try {
    detectFormat(path);
  } catch (error) {
    return error as ModelPackageError;
  }
  throw new Error(`${path} was taken`);
}

test.each([
  ['protocol-2.pkl', 'pickle'],
  ['protocol-3.pkl', 'pickle'],
  ['protocol-4.pkl', 'pickle'],
  ['protocol-5.pkl', 'pickle'],
  ['plain.joblib', 'pickle'],
  ['zlib.joblib', 'pickle'],
  ['gzip.joblib', 'pickle'],
  ['model.skops', 'skops'],
  ['arrays.npz', 'npz'],
  ['scripted.pt', 'torchscript'],
  ['saved.pt', 'torch_pickle'],
  ['exported-2.7.pt2', 'exported_program'],
  ['exported-2.9.pt2', 'exported_program'],
  ['booster.json', 'xgboost'],
  ['trees.cbm', 'catboost'],
])('%s is %s', (name, format) => {
  expect(detectFormat(file(name))).toBe(format);
});

test('the ending says nothing', () => {
  copyFileSync(iris, file('model.pkl'));
  copyFileSync(file('protocol-5.pkl'), file('renamed.onnx'));
  expect(detectFormat(file('model.pkl'))).toBe('onnx');
  expect(detectFormat(file('renamed.onnx'))).toBe('pickle');
});

test('a folder with the graph of a SavedModel is one', () => {
  mkdirSync(file('net'));
  writeFileSync(join(file('net'), 'saved_model.pb'), '');
  expect(detectFormat(file('net'))).toBe('saved_model');
});

describe('what cannot be served is refused with what to do', () => {
  test.each([
    ['model.keras', /Keras archive.*model\.export/],
    ['model.h5', /HDF5.*model\.export/],
    ['compiled.pt2', /AOTInductor.*torch\.export\.save/],
    ['model.mar', /TorchServe.*unpack it/],
    ['saved_model.zip', /unpack it and give the folder/],
    ['other.zip', /ZIP archive of readme\.txt/],
    ['safe.safetensors', /safetensors.*ONNX/],
    ['model.tflite', /TensorFlow Lite/],
    ['model.gguf', /vLLM/],
    ['trees.json', /JSON.*ONNX/],
    ['array.npy', /NumPy array/],
    ['bz2.joblib', /bzip2.*gzip/],
    ['xz.joblib', /xz.*gzip/],
    ['text.gz', /not a model of a known format/],
    ['notes.txt', /starts with the bytes 7468657365206172/],
    ['empty.onnx', /is empty/],
    ['zero.onnx', /not a model of a known format/],
  ])('%s', (name, message) => {
    const error = refusal(file(name));
    expect(error.code).toBe('FORMAT_UNKNOWN');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(file(name));
  });

  test('a folder of something else', () => {
    expect(refusal(root).message).toMatch(/a folder without saved_model\.pb/);
  });

  test('the graph of a SavedModel without its folder', () => {
    // schema version 1, then a graph of two bytes
    writeFileSync(file('saved_model.pb'), Buffer.from([8, 1, 18, 2, 10, 0]));
    expect(refusal(file('saved_model.pb')).message).toMatch(/pass the folder that contains it/);
  });

  test('a path where nothing is', () => {
    expect(refusal(file('nothing.onnx')).code).toBe('FILE_MISSING');
  });

  test('a model that was cut off says so, and how long it is', () => {
    writeFileSync(file('cut.onnx'), readFileSync(iris).subarray(0, 200));
    const error = refusal(file('cut.onnx'));
    expect(error.code).toBe('ARTIFACT_INVALID');
    expect(error.message).toMatch(/was cut off.*has 200 bytes/);

    const archive = readFileSync(file('scripted.pt'));
    writeFileSync(file('cut.pt'), archive.subarray(0, archive.length - 30));
    expect(refusal(file('cut.pt')).code).toBe('ARTIFACT_INVALID');
  });
});

test('no cut of a model is taken for a whole one', () => {
  const bytes = readFileSync(iris);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
      writeFileSync(file('cut'), bytes.subarray(0, length));
      expect(['FORMAT_UNKNOWN', 'ARTIFACT_INVALID']).toContain(refusal(file('cut')).code);
    }),
  );
});

test('bytes of any kind give a format or a refusal, never another error', () => {
  const starts = ['', '80', '1f8b08', '789c', '504b0304', '08', '0a'].map((hex) => Buffer.from(hex, 'hex'));
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, bytes) => {
      writeFileSync(file('any'), Buffer.concat([start, bytes]));
      try {
        expect(detectFormat(file('any'))).toMatch(/^(onnx|pickle)$/);
      } catch (error) {
        expect((error as Error).name).toBe('ModelPackageError');
      }
    }),
    { numRuns: 500 },
  );
});
