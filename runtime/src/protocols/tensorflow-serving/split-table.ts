import { columnsOf, inputsFromColumns } from '../../tensor/columns.js';
import { invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../tensor/json/ascii.js';
import type { JsonReader } from '../../tensor/json/index.js';
import type { Signature, Tensor, TensorSpec } from '../../tensor/tensor.js';
import { type Places, placesOf, readPlacedRows, readRows } from './rows.js';

// A table as pandas writes it with `to_json(orient="split")`, which clients of MLflow's models send.
const COLUMNS = 'columns';
const DATA = 'data';
const MEMBERS = [COLUMNS, DATA, 'index'];

/** Whether the next value is a table with its columns and its data apart. It is not read. */
export function atSplitTable(reader: JsonReader): boolean {
  const probe = reader.fork();
  if (probe.peek() !== OPEN_OBJECT || !probe.openObject()) return false;
  let hasData = false;
  do {
    const name = probe.name();
    if (!MEMBERS.includes(name)) return false;
    hasData ||= name === DATA && probe.peek() === OPEN_ARRAY;
    probe.skip();
  } while (probe.nextMember());
  return hasData;
}

/**
 * Reads the next value as a table with its columns and its data apart. The rows are in the order of `columns`. Without
 * column names, or for a model whose columns have no names, they are in the model's order.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function readSplitTable(reader: JsonReader, signature: Signature, key: string): readonly Tensor[] {
  let names: string[] | undefined;
  let dataAt: number | undefined;
  if (reader.peek() !== OPEN_OBJECT) throw invalid(`${key} must be an object with ${COLUMNS} and ${DATA}`);
  if (reader.openObject()) {
    do {
      const name = reader.name();
      reader.peek();
      if (name === COLUMNS) names = readNames(reader, key);
      else {
        if (name === DATA) dataAt = reader.position;
        reader.skip();
      }
    } while (reader.nextMember());
  }
  if (dataAt === undefined) throw invalid(`${key} has no ${DATA}`);
  const end = reader.position;
  reader.position = dataAt;
  const tensors = readData(reader, signature, names, key);
  reader.position = end;
  return tensors;
}

function readData(
  reader: JsonReader,
  signature: Signature,
  names: readonly string[] | undefined,
  key: string,
): readonly Tensor[] {
  if (reader.peek() !== OPEN_ARRAY) throw invalid(`${DATA} of ${key} must be a list of rows`);
  if (!reader.openArray()) throw invalid(`${DATA} of ${key} has no rows`);
  const columns = columnsOf(signature);
  if (!columns || (!names && reader.peek() !== OPEN_ARRAY)) return readRows(reader, signature, false);
  const places = names ? [placesByName(columns, names)] : placesOf(columns);
  return inputsFromColumns(signature, readPlacedRows(reader, columns, places, false));
}

/** Returns the names of the columns. Numbers are positions, which pandas writes for columns without names. */
function readNames(reader: JsonReader, key: string): string[] | undefined {
  if (reader.peek() !== OPEN_ARRAY) throw invalid(`${COLUMNS} of ${key} must be a list of names`);
  const names: string[] = [];
  let hasNumber = false;
  if (reader.openArray()) {
    do {
      if (reader.peek() === QUOTE) names.push(reader.string());
      else if (reader.atNumber()) {
        reader.skip();
        hasNumber = true;
      } else throw invalid(`${COLUMNS} of ${key} must be a list of names`);
    } while (reader.nextElement());
  }
  return hasNumber ? undefined : names;
}

function placesByName(columns: readonly TensorSpec[], names: readonly string[]): Places {
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw invalid(`column ${twice} is given twice`);
  const missing = columns.find(({ name, unused }) => !unused && !names.includes(name));
  if (missing) {
    throw invalid(
      `column ${missing.name} is missing: the model takes ${columns.map(({ name }) => name).join(', ')}, got ` +
        names.join(', '),
    );
  }
  return names.map((name) => {
    const column = columns.find((each) => each.name === name);
    // Tables may contain more columns than the model was fitted with.
    if (!column && !columns[0]!.tabular) throw invalid(`the model has no column ${name}`);
    return column;
  });
}
