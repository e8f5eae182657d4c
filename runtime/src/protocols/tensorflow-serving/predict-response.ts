import { invalid } from '../../tensor/errors.js';
import { JsonWriter, type TensorStyle, writeElements, writeNested } from '../../tensor/json/index.js';
import type { Tensor } from '../../tensor/tensor.js';

const INDENT = '    ';

// Style for outputs that hold numbers, and for bytes that are not written in base64.
const NUMBERS: TensorStyle = { separator: ', ', nonFinite: 'words' };

/** Differences of servers whose responses otherwise are those of TensorFlow Serving. */
export interface ResponseForm {
  /** Member with the columns. @default 'outputs' */
  readonly columns?: 'outputs' | 'predictions';
  /** Whether an object names the output even if there is only one. @default false */
  readonly named?: boolean;
  /** Whether the response is the only output itself, without an object around it. @default false */
  readonly bare?: boolean;
}

/** Encodes outputs as rows with one value or object each, or as columns with one tensor per name. */
export function encodePredictResponse(
  outputs: readonly Tensor[],
  rows: boolean,
  { columns = 'outputs', named = false, bare = false }: ResponseForm = {},
): Buffer | string {
  if (outputs.length === 0) throw invalid('Cannot convert empty tensor map to JSON');
  const single = outputs.length === 1 && !named;
  if (single && bare) return encodeTensor(outputs[0]!);
  return rows ? encodeRows(outputs, single) : encodeColumns(outputs, single, columns);
}

/** Encodes a tensor as nested lists. */
function encodeTensor(tensor: Tensor): Buffer | string {
  const writer = new JsonWriter();
  writeNested(writer, tensor, tensor.shape, 0, NUMBERS);
  return writer.finish();
}

function encodeRows(outputs: readonly Tensor[], single: boolean): Buffer | string {
  const size = batchSize(outputs);
  const shapes = outputs.map((output) => output.shape.slice(1));
  const steps = shapes.map((shape) => shape.reduce((product, length) => product * length, 1));
  const styles = outputs.map((output) => style(output, (single ? 1 : 2) + output.shape.length));
  const writer = new JsonWriter();
  writer.raw('{\n    "predictions": [');
  for (let row = 0; row < size; row++) {
    if (single) {
      if (row > 0) writer.raw(', ');
      writeNested(writer, outputs[0]!, shapes[0]!, row * steps[0]!, styles[0]!);
      continue;
    }
    writer.raw(row > 0 ? ',\n        {' : '\n        {');
    for (let index = 0; index < outputs.length; index++) {
      writer.raw(index > 0 ? ',\n            ' : '\n            ');
      writer.string(outputs[index]!.name);
      writer.raw(': ');
      writeNested(writer, outputs[index]!, shapes[index]!, row * steps[index]!, styles[index]!);
    }
    writer.raw('\n        }');
  }
  writer.raw(size > 0 ? '\n    ]\n}' : ']\n}');
  return writer.finish();
}

/** Encodes outputs as JSON Lines: one line per row, with its value or object. */
export function encodePredictionLines(outputs: readonly Tensor[]): Buffer | string {
  const size = batchSize(outputs);
  const shapes = outputs.map((output) => output.shape.slice(1));
  const steps = shapes.map((shape) => shape.reduce((product, length) => product * length, 1));
  const inLine: TensorStyle = { ...NUMBERS, base64: ['{"b64": ', '}'] };
  const styles = outputs.map((output) => (isBase64(output) ? inLine : NUMBERS));
  const single = outputs.length === 1;
  const writer = new JsonWriter();
  for (let row = 0; row < size; row++) {
    if (!single) writer.raw('{');
    for (let index = 0; index < outputs.length; index++) {
      if (index > 0) writer.raw(', ');
      if (!single) {
        writer.string(outputs[index]!.name);
        writer.raw(': ');
      }
      writeNested(writer, outputs[index]!, shapes[index]!, row * steps[index]!, styles[index]!);
    }
    writer.raw(single ? '\n' : '}\n');
  }
  return writer.finish();
}

function encodeColumns(outputs: readonly Tensor[], single: boolean, member: string): Buffer | string {
  const writer = new JsonWriter();
  writer.raw(`{\n    "${member}": `);
  if (single) {
    writeColumn(writer, outputs[0]!, 0, 0, 1);
  } else {
    for (let index = 0; index < outputs.length; index++) {
      writer.raw(index > 0 ? ',\n        ' : '{\n        ');
      writer.string(outputs[index]!.name);
      writer.raw(': ');
      writeColumn(writer, outputs[index]!, 0, 0, 2);
    }
    writer.raw('\n    }');
  }
  writer.raw('\n}');
  return writer.finish();
}

/**
 * Writes the part of a tensor below `axis`, starting at the element `offset`. All lists except the innermost span
 * several lines.
 */
function writeColumn(writer: JsonWriter, tensor: Tensor, axis: number, offset: number, level: number): void {
  const { shape } = tensor;
  if (axis >= shape.length - 1) {
    const size = shape[axis];
    if (size === undefined) {
      writeElements(writer, tensor, offset, offset + 1, style(tensor, level));
      return;
    }
    writer.raw('[');
    writeElements(writer, tensor, offset, offset + size, style(tensor, level + 1));
    writer.raw(']');
    return;
  }
  let step = 1;
  for (let inner = axis + 1; inner < shape.length; inner++) step *= shape[inner]!;
  writer.raw('[');
  for (let index = 0; index < shape[axis]!; index++) {
    writer.raw(index > 0 ? ',\n' : '\n');
    writer.raw(INDENT.repeat(level + 1));
    writeColumn(writer, tensor, axis + 1, offset + index * step, level + 1);
  }
  if (shape[axis] !== 0) {
    writer.raw('\n');
    writer.raw(INDENT.repeat(level));
  }
  writer.raw(']');
}

/**
 * Returns the style of an output. Bytes outputs whose name ends in `_bytes` are written in base64, in an object on
 * several lines.
 */
function style(output: Tensor, level: number): TensorStyle {
  if (!isBase64(output)) return NUMBERS;
  return {
    ...NUMBERS,
    base64: [`{\n${INDENT.repeat(level + 1)}"b64": `, `\n${INDENT.repeat(level)}}`],
  };
}

function isBase64({ datatype, name }: Tensor): boolean {
  return datatype === 'BYTES' && name.endsWith('_bytes');
}

function batchSize(outputs: readonly Tensor[]): number {
  let size: number | undefined;
  for (const { name, shape } of outputs) {
    if (shape.length === 0) throw invalid(`Tensor name: ${name} has no shape information `);
    if (size !== undefined && size !== shape[0]) {
      throw invalid(`Tensor name: ${name} has inconsistent batch size: ${shape[0]} expecting: ${size}`);
    }
    size = shape[0];
  }
  return size!;
}
