import { FileBytes } from './file-bytes.js';
import { protobufMessages, protobufText } from './protobuf.js';

// Field numbers in onnx.proto.
const MODEL_METADATA = 14;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * Returns the metadata of an ONNX model by name.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if the model cannot be read as ONNX
 */
export function onnxMetadata(source: string): ReadonlyMap<string, string> {
  const file = new FileBytes(source);
  try {
    const messages = { model: { [MODEL_METADATA]: 'entry' }, entry: {} };
    const entries = protobufMessages(file, messages, 'model', { entry: [ENTRY_KEY, ENTRY_VALUE] });
    return new Map(
      Array.from(entries, ({ fields }) => [
        protobufText(file, fields, ENTRY_KEY),
        protobufText(file, fields, ENTRY_VALUE),
      ]),
    );
  } finally {
    file.close();
  }
}
