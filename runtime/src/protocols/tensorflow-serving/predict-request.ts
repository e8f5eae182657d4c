import type { ServedModel } from '../../models/served-model.js';
import { checkFor } from '../../tensor/check-inputs.js';
import { columnsOf, inputsFromColumns } from '../../tensor/columns.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../tensor/json/ascii.js';
import { atBase64, JsonReader, JsonSyntaxError, TensorBuilder } from '../../tensor/json/index.js';
import { missingColumn } from '../../tensor/missing.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { counted } from '../handled.js';
import { readRows, startsWithName } from './rows.js';
import { atSplitTable, readSplitTable } from './split-table.js';

/** Parsed body of a predict call. */
export interface PredictRequest {
  readonly inputs: readonly Tensor[];
  /** Whether the inputs came as rows in `instances`, in which case the response must be rows too. */
  readonly rows: boolean;
  readonly signatureName: string;
}

/** Extensions of TensorFlow Serving's request format on other hosts. */
export interface Dialect {
  /** Aliases of `instances`. */
  readonly rowKeys: readonly string[];
  /** Keys of a table with its columns and its data apart. @default - none */
  readonly tableKeys?: readonly string[];
  /** Keys of rows, columns by name, or such a table. @default - none */
  readonly anyKeys?: readonly string[];
  /** Whether the body may be the rows themselves: a list of rows, one row, or rows on lines. */
  readonly bareRows: boolean;
  /**
   * Whether a bare list of values is one row of a SavedModel even if its rows are single values, because a SavedModel
   * accepts more shapes than its signature declares.
   *
   * @default false
   */
  readonly vectorIsRow?: boolean;
}

const STRICT: Dialect = { rowKeys: [], bareRows: false };

/** Form of the inputs: rows, columns by name, or a table with its columns and its data apart. */
type Form = 'rows' | 'columns' | 'table';

/**
 * Decodes the body of a predict call. Content after the JSON document is ignored, as in TensorFlow Serving.
 *
 * @throws InferenceError `INVALID_ARGUMENT`, with TensorFlow Serving's text where it has one
 */
export function decodePredictRequest(body: Buffer, model: ServedModel, dialect = STRICT): PredictRequest {
  try {
    if (dialect.bareRows && startsList(body)) return decodeBareList(body, model, dialect);
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
  let key: string | undefined;
  let form: Form | undefined;
  let isBareRow = false;
  let valueAt = 0;
  let inputs: readonly Tensor[] | undefined;

  if (reader.openObject()) {
    do {
      const written = reader.name();
      const name = dialect.rowKeys.includes(written) ? 'instances' : written;
      const found = formOf(reader, name, dialect);
      if (name === 'signature_name') {
        if (signatureName !== undefined) throw invalid(`JSON object: the name ${name} is given twice`);
        signatureName = readSignatureName(reader, start);
      } else if (found) {
        if (key === name) throw invalid(`JSON object: the name ${name} is given twice`);
        if (key !== undefined) {
          throw formatError(
            reader,
            start,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
          );
        }
        key = name;
        form = found;
        reader.peek();
        valueAt = reader.position;
        // If the model has several signatures, the document may name the signature after the values.
        if (onlySignature) inputs = decodeInputs(reader, form, key, onlySignature, start);
        else reader.skip();
      } else {
        isBareRow ||= dialect.bareRows && isInput(signatureNamed(model, DEFAULT_SIGNATURE), name);
        reader.skip();
      }
    } while (reader.nextMember());
  }
  if (isBareRow && key === undefined) return decodeJsonLines(body, model);

  const wanted = signatureName || DEFAULT_SIGNATURE;
  const signature = signatureNamed(model, wanted);
  if (key === undefined || !form) throw invalid("Missing 'inputs' or 'instances' key");
  if (!inputs) {
    reader.position = valueAt;
    inputs = decodeInputs(reader, form, key, signature, start);
  }
  checkFor(model.manifest.format, signature, inputs);
  return { inputs, rows: form !== 'columns', signatureName: wanted };
}

/** Returns the form of the inputs in the next value, whose key is `name`; undefined if it contains no inputs. */
function formOf(reader: JsonReader, name: string, { tableKeys, anyKeys }: Dialect): Form | undefined {
  if (name === 'instances') return 'rows';
  if (name === 'inputs') return 'columns';
  if (tableKeys?.includes(name)) return 'table';
  if (!anyKeys?.includes(name)) return undefined;
  if (reader.peek() !== OPEN_OBJECT) return 'rows';
  return atSplitTable(reader) ? 'table' : 'columns';
}

/** Whether `name` is an input of the signature, or a column of its only input. */
function isInput(signature: Signature, name: string): boolean {
  return [...signature.inputs, ...(columnsOf(signature) ?? [])].some((input) => input.name === name);
}

/**
 * Decodes rows that are separated only by white space, such as JSON Lines.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function decodeJsonLines(body: Buffer, model: ServedModel): PredictRequest {
  const reader = new JsonReader(body, true);
  if (reader.atEnd()) throw invalid('JSON Parse error: The document is empty');
  return bareRequest(model, reader, readRows(reader, signatureNamed(model, DEFAULT_SIGNATURE), true));
}

/** Decodes a body that is a list of rows or one row, or that has one of these on each line. */
function decodeBareList(body: Buffer, model: ServedModel, dialect: Dialect): PredictRequest {
  const reader = new JsonReader(body, true);
  if (startsRow(reader.fork(), model, dialect)) return decodeJsonLines(body, model);
  const inputs = decodeRows(reader, signatureNamed(model, DEFAULT_SIGNATURE), reader.position);
  const isFirstLine = !reader.atEnd() && reader.peek() === OPEN_ARRAY;
  return isFirstLine ? decodeJsonLines(body, model) : bareRequest(model, reader, inputs);
}

/** Whether the next list is one row: it holds values, and rows of the model are lists. */
function startsRow(reader: JsonReader, { manifest, signatures }: ServedModel, { vectorIsRow }: Dialect): boolean {
  const { inputs } = signatures[DEFAULT_SIGNATURE]!;
  if (!reader.openArray()) return false;
  const byte = reader.peek();
  if (byte === OPEN_ARRAY || (byte === OPEN_OBJECT && !atBase64(reader))) return false;
  const acceptsVectors = vectorIsRow === true && manifest.format === 'saved_model' && !inputs[0]!.unknownRank;
  return inputs.length > 1 || inputs[0]!.shape.length > 1 || acceptsVectors;
}

function bareRequest(model: ServedModel, reader: JsonReader, inputs: readonly Tensor[]): PredictRequest {
  reader.end();
  checkFor(model.manifest.format, signatureNamed(model, DEFAULT_SIGNATURE), inputs);
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

function decodeInputs(
  reader: JsonReader,
  form: Form,
  key: string,
  signature: Signature,
  start: number,
): readonly Tensor[] {
  if (form === 'table') return readSplitTable(reader, signature, key);
  return form === 'rows' ? decodeRows(reader, signature, start) : decodeColumns(reader, signature);
}

function decodeRows(reader: JsonReader, signature: Signature, start: number): readonly Tensor[] {
  if (reader.peek() !== OPEN_ARRAY) throw formatError(reader, start, "Excepting 'instances' to be an list/array");
  if (!reader.openArray()) throw formatError(reader, start, "No values in 'instances' array");
  return readRows(reader, signature, false);
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
