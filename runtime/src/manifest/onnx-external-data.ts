import { existsSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { FileBytes } from './file-bytes.js';
import { checkOnnx } from './format.js';
import { ModelPackageError } from './package-error.js';
import { type Messages, protobufMessages, protobufText, wholeFields } from './protobuf.js';

/** Messages of onnx.proto that may contain nodes or tensors. */
export const ONNX_MESSAGES: Messages = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

// Field numbers of TensorProto and of its entries in onnx.proto.
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const EXTERNAL = 1;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * Lists the files that hold the weights of an ONNX model, as exporters write them for large models: initializers and
 * constants, those of subgraphs and functions included. The paths are relative to the model's folder.
 *
 * @throws ModelPackageError `FILE_MISSING` if a file does not exist, `ARTIFACT_INVALID` if it is outside the folder, or
 * if the model cannot be read as ONNX
 */
export function externalData(source: string): string[] {
  checkOnnx(source);
  const file = new FileBytes(source);
  try {
    return [...externalLocations(file)].map((location) => checked(source, location)).sort();
  } finally {
    file.close();
  }
}

function externalLocations(file: FileBytes): Set<string> {
  const locations = new Set<string>();
  const wanted = { tensor: [EXTERNAL_DATA, DATA_LOCATION] };
  for (const { fields } of protobufMessages(file, ONNX_MESSAGES, 'model', wanted)) {
    if (fields.findLast(({ number }) => number === DATA_LOCATION)?.varint !== EXTERNAL) continue;
    for (const field of fields.filter(({ number }) => number === EXTERNAL_DATA)) {
      const entry = [...wholeFields(file, field)];
      if (protobufText(file, entry, ENTRY_KEY) === 'location') locations.add(protobufText(file, entry, ENTRY_VALUE));
    }
  }
  return locations;
}

function checked(source: string, location: string): string {
  const path = normalize(location).split(sep).join('/');
  if (path.startsWith('/') || path.startsWith('..') || path.includes(':')) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${source} keeps weights in ${location}, outside its own folder. Export it with its weights beside it.`,
    );
  }
  if (!existsSync(join(dirname(source), path))) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${source} keeps weights in ${path}, which is missing from its folder. Copy that file too, or export without external data.`,
    );
  }
  return path;
}
