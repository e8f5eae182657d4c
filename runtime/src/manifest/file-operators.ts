import { join } from 'node:path';
import { FileBytes } from './file-bytes.js';
import { SAVED_MODEL_GRAPH } from './format.js';
import { ONNX_MESSAGES } from './onnx-external-data.js';
import { type Messages, protobufMessages, protobufText } from './protobuf.js';
import type { ModelFormat } from './schema.js';
import { readZipEntry, zipEntries } from './zip.js';

/** Messages of TensorFlow's saved_model.proto that may contain nodes. */
const TENSORFLOW_MESSAGES: Messages = {
  model: { 2: 'metaGraph' },
  metaGraph: { 2: 'graph' },
  graph: { 1: 'node', 2: 'library' },
  library: { 1: 'function' },
  function: { 3: 'node' },
  node: {},
};

// Field numbers of NodeProto in onnx.proto and NodeDef in TensorFlow's node_def.proto.
const ONNX_OPERATOR = 4;
const ONNX_DOMAIN = 7;
const ONNX_FUNCTION_DOMAIN = 10;
const TENSORFLOW_OPERATOR = 2;

/**
 * Operators of TensorFlow that read or write files or call Python. Every SavedModel has SaveV2 and RestoreV2, which no
 * signature runs.
 */
const TENSORFLOW_FILES =
  /^(?:ReadFile|WriteFile|MatchingFiles|(?:Eager)?PyFunc(?:Stateless)?|PrintV2|(?:TextLine|TFRecord|FixedLengthRecord|Sql|Snapshot|Cache|Save|Load)Dataset(?:V\d)?|DatasetToTFRecord|FileSystemSetConfiguration|(?:TextLine|TFRecord|FixedLengthRecord|WholeFile)Reader(?:V2)?)$/;

/** Operators of TorchScript that read or write files, and those that extensions of PyTorch define. */
const TORCHSCRIPT_FILES =
  /\b(?:torch\.(?:from_file|save)|ops\.(?!prim\b|aten\b|torchvision\b|quantized\b)\w+\.\w+)(?=\()/g;

/** Domains whose operators ONNX Runtime itself has. Others need a library that runs code. */
const ONNX_DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'ai.onnx.training', 'ai.onnx.preview.training', 'com.microsoft'];

/** Maximum bytes of a source file in a TorchScript archive that are searched. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/**
 * Lists the operators of a saved model that can read or write files or run other code, so that people can decide whether
 * they trust its origin. Formats that need trust anyway are not searched.
 *
 * @param path path of the artifact
 * @throws ModelPackageError `ARTIFACT_INVALID` if the model cannot be read
 */
export function fileOperators(path: string, format: ModelFormat): string[] {
  const find = FINDERS[format];
  if (!find) return [];
  const file = new FileBytes(format === 'saved_model' ? join(path, SAVED_MODEL_GRAPH) : path);
  try {
    return [...new Set(find(file))].sort();
  } finally {
    file.close();
  }
}

const FINDERS: Partial<Record<ModelFormat, (file: FileBytes) => Iterable<string>>> = {
  *saved_model(file) {
    for (const { fields } of protobufMessages(file, TENSORFLOW_MESSAGES, 'model', { node: [TENSORFLOW_OPERATOR] })) {
      const operator = protobufText(file, fields, TENSORFLOW_OPERATOR);
      if (TENSORFLOW_FILES.test(operator)) yield operator;
    }
  },
  *torchscript(file) {
    for (const entry of zipEntries(file) ?? []) {
      if (!/\/code\/.*\.py$/.test(entry.name)) continue;
      for (const [operator] of readZipEntry(file, entry, MAX_SOURCE_BYTES)
        .toString('utf8')
        .matchAll(TORCHSCRIPT_FILES)) {
        yield operator;
      }
    }
  },
  *onnx(file) {
    const domains = new Set(ONNX_DOMAINS);
    const nodes: { domain: string; operator: string }[] = [];
    const wanted = { function: [ONNX_FUNCTION_DOMAIN], node: [ONNX_DOMAIN, ONNX_OPERATOR] };
    for (const { name, fields } of protobufMessages(file, ONNX_MESSAGES, 'model', wanted)) {
      if (name === 'function') {
        domains.add(protobufText(file, fields, ONNX_FUNCTION_DOMAIN));
        continue;
      }
      const domain = protobufText(file, fields, ONNX_DOMAIN);
      nodes.push({ domain, operator: protobufText(file, fields, ONNX_OPERATOR) });
    }
    for (const { domain, operator } of nodes) {
      // EPContext loads a compiled graph from another file.
      if (!domains.has(domain) || operator === 'EPContext') yield `${domain}.${operator}`;
    }
  },
};
