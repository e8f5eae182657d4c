export { JsonReader, JsonSyntaxError, MAX_DEPTH } from './reader.js';
export { atBase64, readBase64, TensorBuilder } from './tensor-builder.js';
export { STRICT_JSON, type TensorStyle, writeElements, writeNested } from './tensor-printer.js';
export { JsonWriter } from './writer.js';
