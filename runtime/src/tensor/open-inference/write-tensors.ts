import { type JsonWriter, STRICT_JSON, writeElements } from '../json/index.js';
import type { Tensor } from '../tensor.js';

/** Writes tensors in the list format of the protocol, each with its data or its size in bytes. */
export function writeTensors(
  writer: JsonWriter,
  tensors: readonly Tensor[],
  binary: readonly (Buffer | undefined)[] = [],
  style = STRICT_JSON,
): void {
  writer.raw('[');
  for (let index = 0; index < tensors.length; index++) {
    const tensor = tensors[index]!;
    writer.raw(index > 0 ? ',{"name":' : '{"name":');
    writer.string(tensor.name);
    writer.raw(`,"shape":[${tensor.shape.join(',')}],"datatype":"${tensor.datatype}"`);
    const bytes = binary[index];
    if (bytes) {
      writer.raw(`,"parameters":{"binary_data_size":${bytes.length}}}`);
      continue;
    }
    writer.raw(',"data":[');
    writeElements(writer, tensor, 0, tensor.data.length, style);
    writer.raw(']}');
  }
  writer.raw(']');
}
