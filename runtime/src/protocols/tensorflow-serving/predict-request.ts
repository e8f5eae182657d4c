import type { ServedModel } from '../../models/served-model.js';
import { checkFor } from '../../tensor/check-inputs.js';
import { columnsOf, inputsFromColumns } from '../../tensor/columns.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../tensor/json/ascii.js';
import { atBase64, JsonReader, JsonSyntaxError, TensorBuilder } from '../../tensor/json/index.js';
import { missingColumn } from '../../tensor/missing.js';
import type { Signature, Tensor, TensorSpec } from '../../tensor/tensor.js';
import { counted } from '../handled.js';

/** Parsed body of a predict call. */
export interface PredictRequest {
  readonly inputs: readonly Tensor[];
  /** Whether the inputs came as rows in `instances`, in which case the response must be rows too. */
  readonly rows: boolean;
  readonly signatureName: string;
}

const DEFAULT_SIGNATURE = 'serving_default';

/** Extensions of TensorFlow Serving's request format on other hosts. */
export interface Dialect {
  /** Aliases of `instances`. */
  readonly rowKeys: readonly string[];
  /** Whether a body that is a list contains the rows themselves. */
  readonly bareRows: boolean;
}

const STRICT: Dialect = { rowKeys: [], bareRows: false };

/**
 * Decodes the body of a predict call. Content after the JSON document is ignored, as in TensorFlow Serving.
 *
 * @throws InferenceError `INVALID_ARGUMENT`, with TensorFlow Serving's text where it has one
 */
export function decodePredictRequest(body: Buffer, model: ServedModel, dialect = STRICT): PredictRequest {
  try {
    if (dialect.bareRows && startsList(body)) return decodeBareRows(body, model, false);
    return decodeDocument(body, model, dialect);
  } catch (error) {
    throw counted(model, syntaxFirst(body, error));
  }
}

function decodeDocument(body: Buffer, model: ServedModel, dialect: Dialect): PredictRequest {
  const reader = openDocument(body);
  const start = reader.position;
  const onlySignature = soleSignature(model);
  let signatureName: string | undefined;
  let key: 'instances' | 'inputs' | undefined;
  let valueAt = 0;
  let inputs: readonly Tensor[] | undefined;

  if (reader.openObject()) {
    do {
      const written = reader.name();
      const name = dialect.rowKeys.includes(written) ? 'instances' : written;
      if (name === 'signature_name') {
        if (signatureName !== undefined) throw invalid(`JSON object: the name ${name} is given twice`);
        signatureName = readSignatureName(reader, start);
      } else if (name === 'instances' || name === 'inputs') {
        if (key === name) throw invalid(`JSON object: the name ${name} is given twice`);
        if (key !== undefined) {
          throw formatError(
            reader,
            start,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
          );
        }
        key = name;
        reader.peek();
        valueAt = reader.position;
        // If the model has several signatures, the document may name the signature after the values.
        if (onlySignature) inputs = decodeInputs(reader, key, onlySignature, start);
        else reader.skip();
      } else {
        reader.skip();
      }
    } while (reader.nextMember());
  }

  const wanted = signatureName || DEFAULT_SIGNATURE;
  const signature = signatureNamed(model, wanted);
  if (key === undefined) throw invalid("Missing 'inputs' or 'instances' key");
  if (!inputs) {
    reader.position = valueAt;
    inputs = decodeInputs(reader, key, signature, start);
  }
  checkFor(model.manifest.format, signature, inputs);
  return { inputs, rows: key === 'instances', signatureName: wanted };
}

/**
 * Decodes rows that are separated only by white space, such as JSON Lines.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function decodeJsonLines(body: Buffer, model: ServedModel): PredictRequest {
  return decodeBareRows(body, model, true);
}

function decodeBareRows(body: Buffer, model: ServedModel, lines: boolean): PredictRequest {
  const signature = signatureNamed(model, DEFAULT_SIGNATURE);
  const reader = new JsonReader(body, true);
  if (lines && reader.atEnd()) throw invalid('JSON Parse error: The document is empty');
  const inputs = lines ? readRows(reader, signature, true) : decodeRows(reader, signature, reader.position);
  reader.end();
  checkFor(model.manifest.format, signature, inputs);
  return { inputs, rows: true, signatureName: DEFAULT_SIGNATURE };
}

function startsList(body: Buffer): boolean {
  return new JsonReader(body, true).peek() === OPEN_ARRAY;
}

/**
 * Returns the syntax error of the document if it has one, otherwise `error`. TensorFlow Serving parses the whole
 * document first, so it reports syntax errors before all others.
 */
export function syntaxFirst(body: Buffer, error: unknown): unknown {
  if (!(error instanceof InferenceError) || error instanceof JsonSyntaxError || body.length === 0) return error;
  try {
    new JsonReader(body, true).skip();
    return error;
  } catch (syntaxError) {
    return syntaxError;
  }
}

/** Returns a reader at the opening brace of the document. */
export function openDocument(body: Buffer): JsonReader {
  if (body.length === 0) throw invalid('JSON Parse error: The document is empty');
  const reader = new JsonReader(body, true);
  if (reader.peek() !== OPEN_OBJECT) {
    const start = reader.position;
    reader.skip();
    throw formatError(reader, start, 'Is not object');
  }
  return reader;
}

export function readSignatureName(reader: JsonReader, start: number): string {
  if (reader.peek() !== QUOTE) {
    throw formatError(reader, start, "not formatted correctly. 'signature_name' key must be a string value.");
  }
  return reader.string();
}

/** Returns a signature by name. @throws InferenceError `INVALID_ARGUMENT` if the model has no such signature */
export function signatureNamed(model: ServedModel, name: string): Signature {
  if (!Object.hasOwn(model.signatures, name)) {
    throw invalid(`Serving signature name: "${name}" not found in signature def`);
  }
  return model.signatures[name]!;
}

/** Creates an error that quotes the document at `start`. */
export function formatError(reader: JsonReader, start: number, message: string): InferenceError {
  return invalid(`JSON Value: ${reader.quote(start)} ${message}`);
}

function soleSignature(model: ServedModel): Signature | undefined {
  for (const name in model.signatures) if (name !== DEFAULT_SIGNATURE) return undefined;
  return model.signatures[DEFAULT_SIGNATURE];
}

function decodeInputs(reader: JsonReader, key: string, signature: Signature, start: number): readonly Tensor[] {
  return key === 'instances' ? decodeRows(reader, signature, start) : decodeColumns(reader, signature);
}

function decodeRows(reader: JsonReader, signature: Signature, start: number): readonly Tensor[] {
  if (reader.peek() !== OPEN_ARRAY) throw formatError(reader, start, "Excepting 'instances' to be an list/array");
  if (!reader.openArray()) throw formatError(reader, start, "No values in 'instances' array");
  return readRows(reader, signature, false);
}

/** Reads the rows of an opened list, or with `lines` all remaining rows of the body. */
function readRows(reader: JsonReader, signature: Signature, lines: boolean): readonly Tensor[] {
  const byte = reader.peek();
  const isObject = byte === OPEN_OBJECT;
  if (isObject && !atBase64(reader)) return readNamedRows(reader, signature, lines);
  if (!isObject && signature.inputs.length > 1) {
    const columns = signature.ordered && byte === OPEN_ARRAY ? columnsOf(signature) : undefined;
    if (columns) return inputsFromColumns(signature, readPlacedRows(reader, columns, columns, lines));
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
function startsWithName(reader: JsonReader, name: string): boolean {
  const probe = reader.fork();
  return probe.openObject() && probe.name() === name;
}

/**
 * Reads rows that are lists.
 *
 * @param columns all columns that the model takes
 * @param cells column at each position of a row; undefined for values that the model does not take
 */
function readPlacedRows(
  reader: JsonReader,
  columns: readonly TensorSpec[],
  cells: readonly (TensorSpec | undefined)[],
  lines: boolean,
): Tensor[] {
  const builders = new Map(columns.map((column) => [column, new TensorBuilder(reader, { ...column, shape: [-1] })]));
  const used = cells.filter((column) => !column?.unused);
  let row = 0;
  do {
    if (reader.peek() !== OPEN_ARRAY) throw invalid(`Expecting a list of values at item ${row} of input list`);
    // A row may omit the columns that the model ignores.
    const size = countElements(reader);
    const given = size === used.length ? used : cells;
    if (size !== given.length) {
      const names = columns.map(({ name }) => name).join(', ');
      throw invalid(
        `Failed to process element: ${row} of 'instances' list. Got ${size} values, the model takes ${names}`,
      );
    }
    let place = 0;
    if (reader.openArray()) {
      do {
        const column = given[place++];
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
    if (reader.peek() === OPEN_ARRAY) throw invalid('one value is needed, not a list');
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

function decodeColumns(reader: JsonReader, signature: Signature): readonly Tensor[] {
  const { inputs } = signature;
  const columns = inputs.length === 1 ? columnsOf(signature) : undefined;
  if (columns && reader.peek() === OPEN_OBJECT && !startsWithName(reader, inputs[0]!.name)) {
    const table = { inputs: columns, outputs: [] };
    return inputsFromColumns(signature, decodeColumns(reader, table));
  }
  if (reader.peek() !== OPEN_OBJECT || atBase64(reader)) {
    if (inputs.length > 1) {
      throw invalid(
        'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
      );
    }
    const builder = new TensorBuilder(reader, inputs[0]!);
    builder.read();
    return [builder.tensor()];
  }
  const builders: (TensorBuilder | undefined)[] = inputs.map(() => undefined);
  if (reader.openObject()) {
    do {
      const name = reader.name();
      const index = inputs.findIndex((input) => input.name === name);
      if (index === -1 || inputs[index]!.unused) {
        reader.skip();
        continue;
      }
      if (builders[index]) throw invalid(`JSON object: the name ${name} is given twice`);
      const builder = new TensorBuilder(reader, inputs[index]!);
      builder.read();
      builders[index] = builder;
    } while (reader.nextMember());
  }
  const rows = builders.find((builder) => builder)?.tensor().shape[0];
  return inputs.map((input, index) => {
    const builder = builders[index];
    if (!builder && input.unused && rows !== undefined) return missingColumn(input, rows);
    if (!builder) throw invalid(`Missing named input: ${input.name} in 'inputs' object.`);
    return builder.tensor();
  });
}

/** Adds the position of a row to an error. Syntax errors of the document stay unchanged. */
function inElement(error: unknown, element: string): unknown {
  if (!(error instanceof InferenceError) || error instanceof JsonSyntaxError) return error;
  if (error.code !== 'INVALID_ARGUMENT') return error;
  return invalid(
    `Failed to process element: ${element} of 'instances' list. Error: INVALID_ARGUMENT: ${error.message}`,
  );
}
