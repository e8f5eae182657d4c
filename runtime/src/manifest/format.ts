import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileBytes } from './file-bytes.js';
import { isLightgbm, isWholeLightgbm } from './lightgbm.js';
import { ModelPackageError } from './package-error.js';
import { protobufFields } from './protobuf.js';
import type { ModelFormat } from './schema.js';
import { readUbjson } from './ubjson.js';
import { zipEntries } from './zip.js';

/** Graph file in the folder of a SavedModel. */
export const SAVED_MODEL_GRAPH = 'saved_model.pb';

/** Start of files that `torch.save` wrote before it used ZIP archives: a protocol 2 pickle of this magic number. */
const TORCH_MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** Fixes for well-known file types that cannot be served directly. */
const ADVICE: readonly { readonly kind: string; readonly fix: string; matches(head: Buffer): boolean }[] = [
  {
    kind: 'an HDF5 file, as Keras writes with the ending .h5',
    fix: 'load it in Keras and call `model.export(FOLDER)`',
    matches: startsWith('894844460d0a1a0a'),
  },
  {
    kind: 'a TensorFlow Lite model',
    fix: 'export the model it was converted from as a SavedModel or to ONNX',
    matches: (head) => head.toString('latin1', 4, 8) === 'TFL3',
  },
  {
    kind: 'a GGUF model',
    fix: 'serve it by a language-model server such as vLLM',
    matches: (head) => head.toString('latin1', 0, 4) === 'GGUF',
  },
  {
    kind: 'a safetensors file, which holds weights without the code that uses them',
    fix: 'load it into its model and export that to ONNX',
    matches: (head) => head.length > 9 && head.readUInt32LE(4) === 0 && head.toString('latin1', 8, 10) === '{"',
  },
  {
    kind: 'a NumPy array',
    fix: 'give the model, not its data',
    matches: startsWith('934e554d5059'),
  },
  {
    kind: 'compressed by bzip2, xz or LZ4',
    fix: 'unpack it, or save it again without compression or by gzip (`joblib.dump(model, file, compress=("gzip", 3))`)',
    matches: (head) => ['425a68', 'fd377a585a00', '04224d18'].some((magic) => startsWith(magic)(head)),
  },
  {
    kind: 'text in JSON',
    fix: 'export the model to ONNX, or save its Python object by `joblib.dump`',
    matches: (head) => /^\s*[[{]\s*["\d{[]/.test(head.toString('latin1', 0, 64)),
  },
];

/**
 * Detects the format of a saved model from its content, never from its file extension.
 *
 * @throws ModelPackageError `FILE_MISSING`, `ARTIFACT_INVALID` for a truncated file, or `FORMAT_UNKNOWN` with the fix
 */
export function detectFormat(path: string): ModelFormat {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) {
    throw new ModelPackageError('FILE_MISSING', `there is no file or folder ${path}. Give the path of a saved model.`);
  }
  if (stats.isDirectory()) return folderFormat(path);
  // Opening a pipe would wait until something writes to it.
  if (!stats.isFile()) throw unknown(path, 'a pipe, socket or device', 'give a file');
  const file = new FileBytes(path);
  try {
    if (file.size === 0) throw unknown(path, 'empty', 'save or copy it again');
    const head = file.read(0, 4096);
    return (
      zipFormat(file, head) ??
      pickleFormat(head) ??
      lightgbmFormat(file, head) ??
      boostedFormat(file, head) ??
      protobufFormat(file) ??
      refuse(path, head)
    );
  } finally {
    file.close();
  }
}

/**
 * Checks that a file is what its manifest says.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID`, or any error of `detectFormat`
 */
export function checkOnnx(path: string): void {
  const format = detectFormat(path);
  if (format === 'onnx') return;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${path} is not an ONNX model: its content has the format ${format}. Pack the model again, so that the ` +
      'manifest says what it is, or export it to ONNX.',
  );
}

function folderFormat(path: string): ModelFormat {
  if (existsSync(join(path, SAVED_MODEL_GRAPH))) return 'saved_model';
  throw unknown(
    path,
    `a folder without ${SAVED_MODEL_GRAPH}`,
    'give the folder of a SavedModel, or the file of another format',
  );
}

function zipFormat(file: FileBytes, head: Buffer): ModelFormat | undefined {
  if (!isZip(head)) return undefined;
  const names = zipEntries(file)?.map(({ name }) => name);
  if (!names) throw cutOff(file, 'a ZIP archive whose directory, at its end, is missing');
  // PyTorch stores all entries in one folder, named after the file.
  const inside = new Set(names.map((name) => name.slice(name.indexOf('/') + 1)));
  const has = (name: string) => inside.has(name) || names.includes(name);
  if (has('serialized_exported_program.json') || has('models/model.json')) return 'exported_program';
  if (has('constants.pkl') && [...inside].some((name) => name.startsWith('code/'))) return 'torchscript';
  if (has('data.pkl')) return 'torch_pickle';
  if (has('model.weights.h5')) {
    throw unknown(file.path, 'a Keras archive (.keras)', 'load it in Keras and call `model.export(FOLDER)`');
  }
  if (names.some((name) => name.endsWith(SAVED_MODEL_GRAPH))) {
    throw unknown(file.path, 'a ZIP archive of a SavedModel', 'unpack it and give the folder');
  }
  if (names.some((name) => name.includes('data/aotinductor/'))) {
    const fix = 'save the program that it was compiled from by `torch.export.save`';
    throw unknown(file.path, 'a program that AOTInductor compiled for one kind of machine', fix);
  }
  if (has('MAR-INF/MANIFEST.json') || has('MANIFEST.json')) {
    const fix = 'unpack it and give the model file in it; move the processing of its handler into the model';
    throw unknown(file.path, 'an archive of TorchServe (.mar)', fix);
  }
  if (names.includes('schema.json')) return 'skops';
  if (names.length > 0 && names.every((name) => name.endsWith('.npy'))) return 'npz';
  throw unknown(
    file.path,
    `a ZIP archive of ${names.slice(0, 3).join(', ') || 'nothing'}`,
    'give the file that holds the model',
  );
}

/** Whether the content starts like a file of `torch.save`: a ZIP archive, or a pickle of the older magic number. */
export function isTorchFile(head: Buffer): boolean {
  return isZip(head) || head.subarray(0, TORCH_MAGIC.length).equals(TORCH_MAGIC);
}

/** Whether the content starts like a ZIP archive. */
export const isZip = startsWith('504b0304');

function pickleFormat(head: Buffer): ModelFormat | undefined {
  if (isTorchFile(head)) return 'torch_pickle';
  return isPickle(head) || isPickle(decompressedStart(head)) ? 'pickle' : undefined;
}

/** Start of XGBoost's models in UBJSON: an object whose first name is `learner`. */
const XGBOOST_UBJSON = '7b4c00000000000000076c6561726e6572';

function boostedFormat(file: FileBytes, head: Buffer): ModelFormat | undefined {
  if (startsWith(XGBOOST_UBJSON)(head)) {
    if (readUbjson(file.read(0, file.size)) !== undefined) return 'xgboost';
    throw cutOff(file, 'a model of XGBoost in UBJSON');
  }
  if (/^\s*\{\s*"learner"\s*:/.test(head.toString('latin1'))) return 'xgboost';
  return head.toString('latin1', 0, 4) === 'CBM1' ? 'catboost' : undefined;
}

function lightgbmFormat(file: FileBytes, head: Buffer): ModelFormat | undefined {
  if (!isLightgbm(head)) return undefined;
  if (!isWholeLightgbm(file)) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${file.path} is the text of a LightGBM model, and was cut off or changed, such as by another kind of line ends: ` +
        'its trees are not at the offsets in its header, or the end of the file is missing. Copy or save it again.',
    );
  }
  return 'lightgbm';
}

/**
 * Whether the content is a binary pickle. Protocols 2 to 5 start with their number. The older text protocols are no
 * longer a default anywhere.
 */
function isPickle(head: Buffer): boolean {
  return head.length > 2 && head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
}

/** Returns how a file is compressed that starts like one of zlib or gzip, or undefined if it does not. */
export function compressionOf(head: Buffer): 'gzip' | 'zlib' | undefined {
  if (startsWith('1f8b')(head)) return 'gzip';
  return head[0] === 0x78 ? 'zlib' : undefined;
}

/** Returns the decompressed start of a file that is compressed by zlib or gzip. Empty for any other file. */
export function decompressedStart(head: Buffer): Buffer {
  const compression = compressionOf(head);
  if (!compression) return Buffer.alloc(0);
  // Loaded on demand, because the server starts without it.
  const { gunzipSync, inflateSync, constants } = process.getBuiltinModule('node:zlib');
  const partial = { finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return compression === 'gzip' ? gunzipSync(head, partial) : inflateSync(head, partial);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Detects ONNX's ModelProto: field 1 is the format version, 7 the graph, 8 the operator sets. */
function protobufFormat(file: FileBytes): ModelFormat | undefined {
  const fields = new Map<number, number>();
  let end = 0;
  let first: number | undefined;
  for (const field of protobufFields(file)) {
    first ??= field.number;
    fields.set(field.number, field.wireType);
    end = field.end;
  }
  const onnxSoFar = first === 1 && fields.get(1) === 0 && [...fields].every(([number]) => number <= 25);
  if (onnxSoFar && fields.get(7) === 2 && end > file.size) {
    throw cutOff(file, `an ONNX model whose content reaches to byte ${end}`);
  }
  if (end !== file.size) return undefined;
  if (onnxSoFar && fields.get(7) === 2 && fields.get(8) === 2) return 'onnx';
  if (fields.get(1) === 0 && fields.get(2) === 2 && fields.size === 2) {
    throw unknown(file.path, 'the graph of a SavedModel', 'pass the folder that contains it, with its variables');
  }
  if (first === 1 && fields.get(1) === 2) {
    throw unknown(file.path, 'a TensorFlow graph without signatures', 'export a SavedModel');
  }
  return undefined;
}

function refuse(path: string, head: Buffer): never {
  const known = ADVICE.find((entry) => entry.matches(head));
  if (known) throw unknown(path, known.kind, known.fix);
  throw unknown(
    path,
    `not a model of a known format (it starts with the bytes ${head.subarray(0, 8).toString('hex')})`,
    'export the model to ONNX, a SavedModel, TorchScript or an ExportedProgram, or pickle it',
  );
}

function startsWith(hex: string): (head: Buffer) => boolean {
  const magic = Buffer.from(hex, 'hex');
  return (head) => head.subarray(0, magic.length).equals(magic);
}

function unknown(path: string, what: string, fix: string): ModelPackageError {
  return new ModelPackageError('FORMAT_UNKNOWN', `${path} is ${what}. To serve the model, ${fix}.`);
}

function cutOff(file: FileBytes, what: string): ModelPackageError {
  return new ModelPackageError(
    'ARTIFACT_INVALID',
    `${file.path} was cut off: it is ${what}, and has ${file.size} bytes. Copy or export it again.`,
  );
}
