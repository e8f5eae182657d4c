import { existsSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { FileBytes } from './file-bytes.js';
import { ModelPackageError } from './package-error.js';
import { protobufFields } from './protobuf.js';

// Field numbers in onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * Lists the files that hold the weights of an ONNX model, as exporters write them for large models. The paths are
 * relative to the model's folder.
 *
 * @throws ModelPackageError `FILE_MISSING` if a file does not exist, `ARTIFACT_INVALID` if it is outside the folder
 */
export function externalData(source: string): string[] {
  const file = new FileBytes(source);
  try {
    const locations = new Set<string>();
    for (const graph of children(file, undefined, MODEL_GRAPH)) {
      for (const tensor of children(file, graph, GRAPH_INITIALIZER)) {
        for (const entry of children(file, tensor, TENSOR_EXTERNAL_DATA)) {
          if (text(file, entry, ENTRY_KEY) === 'location') locations.add(text(file, entry, ENTRY_VALUE));
        }
      }
    }
    return [...locations].map((location) => checked(source, location)).sort();
  } finally {
    file.close();
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function* children(file: FileBytes, parent: Span | undefined, number: number): Generator<Span> {
  for (const field of protobufFields(file, parent?.start, parent?.end)) {
    if (field.number === number && field.wireType === 2) yield field;
  }
}

function text(file: FileBytes, parent: Span, number: number): string {
  for (const { start, end } of children(file, parent, number)) return file.read(start, end - start).toString('utf8');
  return '';
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
      `${source} keeps weights in ${path}, which is not beside it. Copy that file too, or export without external data.`,
    );
  }
  return path;
}
