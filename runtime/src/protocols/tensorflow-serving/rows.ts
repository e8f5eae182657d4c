import { columnsOf, inputsFromColumns } from '../../tensor/columns.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../tensor/json/ascii.js';
import { atBase64, type JsonReader, JsonSyntaxError, TensorBuilder } from '../../tensor/json/index.js';
import type { Signature, Tensor, TensorSpec } from '../../tensor/tensor.js';

/** Reads the rows of an opened list, or with `lines` all remaining rows of the body. */
export function readRows(reader: JsonReader, signature: Signature, lines: boolean): readonly Tensor[] {
  const byte = reader.peek();
  const isObject = byte === OPEN_OBJECT;
  if (isObject && !atBase64(reader)) return readNamedRows(reader, signature, lines);
  if (!isObject && signature.inputs.length > 1) {
    const columns = signature.ordered && byte === OPEN_ARRAY ? columnsOf(signature) : undefined;
    if (columns) return inputsFromColumns(signature, readPlacedRows(reader, columns, placesOf(columns), lines));
    throw invalid(
      'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
    );
  }
  const builder = new TensorBuilder(reader, signature.inputs[0]!);
  do {
    if (reader.peek() === OPEN_OBJECT && !atBase64(reader)) {
      throw invalid(`Expecting value/list but got object at item ${builder.items} of input list`);
    }
    try {
      builder.read();
    } catch (error) {
      throw inElement(error, `${builder.items}`);
    }
  } while (lines ? !reader.atEnd() : reader.nextElement());
  return [builder.batch()];
}

/** Reads rows that are objects, keyed by the inputs or by the columns of the only input. */
function readNamedRows(reader: JsonReader, signature: Signature, lines: boolean): readonly Tensor[] {
  const { inputs } = signature;
  const columns = inputs.length === 1 ? columnsOf(signature) : undefined;
  if (!columns || startsWithName(reader, inputs[0]!.name)) return readObjectRows(reader, inputs, lines);
  return inputsFromColumns(
    signature,
    readObjectRows(reader, columns, lines).map((column) => ({ ...column, shape: [column.data.length] })),
  );
}

/** Returns whether the next object starts with a member of that name. It does not advance the reader. */
export function startsWithName(reader: JsonReader, name: string): boolean {
  const probe = reader.fork();
  return probe.openObject() && probe.name() === name;
}

/** Columns at each position of a row; undefined for values that the model does not take. */
export type Places = readonly (TensorSpec | undefined)[];

/** Returns the positions of the columns in rows without names. A row may omit the columns that the model ignores. */
export function placesOf(columns: readonly TensorSpec[]): readonly Places[] {
  return [columns.filter(({ unused }) => !unused), columns];
}

/**
 * Reads rows that are lists.
 *
 * @param columns all columns that the model takes
 * @param places positions of the columns, for each length that a row may have
 */
export function readPlacedRows(
  reader: JsonReader,
  columns: readonly TensorSpec[],
  places: readonly Places[],
  lines: boolean,
): Tensor[] {
  const builders = new Map(columns.map((column) => [column, new TensorBuilder(reader, { ...column, shape: [-1] })]));
  let row = 0;
  do {
    if (reader.peek() !== OPEN_ARRAY) throw invalid(`Expecting a list of values at item ${row} of input list`);
    const size = countElements(reader);
    const cells = places.find(({ length }) => length === size);
    if (!cells) {
      const names = columns.map(({ name }) => name).join(', ');
      throw invalid(
        `Failed to process element: ${row} of 'instances' list. Got ${size} values, the model takes ${names}`,
      );
    }
    let place = 0;
    if (reader.openArray()) {
      do {
        const column = cells[place++];
        if (!column || column.unused) reader.skip();
        else readCell(reader, builders.get(column)!, column, row);
      } while (reader.nextElement());
    }
    row++;
    for (const [column, builder] of builders) if (column.unused) builder.skipItem();
  } while (lines ? !reader.atEnd() : reader.nextElement());
  return columns.map((column) => ({ ...builders.get(column)!.batch(), shape: [row] }));
}

function readCell(reader: JsonReader, builder: TensorBuilder, { name }: TensorSpec, row: number): void {
  try {
    if (reader.peek() === OPEN_ARRAY) throw invalid('expected one value, got a list');
    builder.read();
  } catch (error) {
    throw inElement(error, `${row} key: ${name}`);
  }
}

/** Counts the elements of the next list without advancing the reader. */
function countElements(reader: JsonReader): number {
  const probe = reader.fork();
  let count = 0;
  if (probe.openArray()) {
    do {
      probe.skip();
      count++;
    } while (probe.nextElement());
  }
  return count;
}

function readObjectRows(reader: JsonReader, inputs: readonly TensorSpec[], lines: boolean): Tensor[] {
  const builders = inputs.map((input) => new TensorBuilder(reader, input));
  const isTable = inputs[0]!.tabular;
  let row = 0;
  do {
    if (reader.peek() !== OPEN_OBJECT || atBase64(reader)) {
      throw invalid(`Expecting object but got list at item ${row} of input list`);
    }
    const start = reader.position;
    if (reader.openObject()) {
      do {
        const name = reader.name();
        const index = inputs.findIndex((input) => input.name === name);
        const builder = builders[index];
        // Rows may contain all columns of a table, although the model was fitted with only some of them.
        if (inputs[index]?.unused || (isTable && !builder)) {
          reader.skip();
          continue;
        }
        try {
          if (!builder) throw invalid(`JSON object: does not have named input: ${name}`);
          if (builder.items > row) throw invalid(`JSON object: the name ${name} is given twice`);
          builder.read();
        } catch (error) {
          throw inElement(error, `${row} key: ${name}`);
        }
      } while (reader.nextMember());
    }
    row++;
    for (const [index, builder] of builders.entries()) if (inputs[index]!.unused) builder.skipItem();
    if (builders.some((builder) => builder.items < row)) {
      const names = inputs.flatMap((input) => (input.unused ? [] : [input.name])).sort();
      throw invalid(
        `Failed to process element: ${row - 1} of 'instances' list. JSON object: ${reader.quote(start)} ` +
          `keys must be equal to: ${names}`,
      );
    }
  } while (lines ? !reader.atEnd() : reader.nextElement());
  return builders.map((builder) => builder.batch());
}

/** Adds the position of a row to an error. Syntax errors of the document stay unchanged. */
function inElement(error: unknown, element: string): unknown {
  if (!(error instanceof InferenceError) || error instanceof JsonSyntaxError) return error;
  if (error.code !== 'INVALID_ARGUMENT') return error;
  return invalid(
    `Failed to process element: ${element} of 'instances' list. Error: INVALID_ARGUMENT: ${error.message}`,
  );
}
