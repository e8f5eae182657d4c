import type { BatchConfig } from '../config.js';
import type { Logger } from '../observability/log.js';
import type { BatchTask } from '../platforms/host.js';
import { named, openStore } from '../store/open-store.js';
import { withRetries } from '../store/retry.js';
import { Upload } from '../store/upload.js';
import { readLines } from './lines.js';
import { type Handle, predictRows, type RowResult } from './predict-rows.js';

/** Type of JSON Lines, the same that SageMaker's batch transform gets. */
const JSON_LINES = 'application/jsonlines';

/** Ending of the object with the predictions of a file: a line for each row, `null` for a row that failed. */
const PREDICTIONS = '.out';

/** Ending of the object with the rows of a file that failed, and their causes. */
const FAILURES = '.failed';

/** Options of {@link runBatch}. */
export interface BatchOptions {
  readonly config: BatchConfig;
  /** Name of one file, or the beginning of the names of several. */
  readonly key: string;
  readonly task: BatchTask;
  /** Maximum length of a row and of a request, in bytes. */
  readonly maxBytes: number;
  readonly handle: Handle;
  readonly logger: Logger;
}

/** Figures of one file. */
interface FileResult {
  readonly rows: number;
  readonly failed: number;
  /** Whether more rows failed than tolerated. The file then has no predictions. */
  readonly isRejected: boolean;
}

/**
 * Predicts the files of this task, and writes the predictions to a folder named after the execution. A task that the host
 * starts again continues with the files that are not finished.
 *
 * @returns whether every file has its predictions
 * @throws Error if there is no file, or a store fails
 */
export async function runBatch(options: BatchOptions): Promise<boolean> {
  const { config, key, task, logger } = options;
  const output = `${config.output}${encodeURIComponent(task.execution)}/`;
  const files = await filesOf(config.input, key);
  const finished = new Set(await list(output));
  let isComplete = true;
  for (const [index, { name, target }] of files.entries()) {
    if (index % task.count !== task.index || finished.has(`${target}${PREDICTIONS}`)) continue;
    if (finished.has(`${target}${FAILURES}`)) {
      isComplete = false;
      continue;
    }
    logger.log('info', 'predicting a file', { file: name });
    const result = await predictFile(options, below(config.input, name), below(output, target));
    logger.log(result.isRejected ? 'error' : 'info', result.isRejected ? REJECTED : 'predicted a file', {
      file: name,
      rows: result.rows,
      failed: result.failed,
    });
    if (result.isRejected) isComplete = false;
  }
  return isComplete;
}

const REJECTED = 'gave up a file, because more rows failed than tolerated';

/** Predicts the rows of the file at `input`. */
async function predictFile(options: BatchOptions, input: string, output: string): Promise<FileResult> {
  const { config, handle, maxBytes } = options;
  const { rowsPerRequest, maxConcurrency, toleratedFailurePercent } = config;
  const predictions = await Upload.begin(`${output}${PREDICTIONS}`, JSON_LINES);
  let failures: Upload | undefined;
  let rows = 0;
  let failed = 0;
  const write = async ([inputs, results]: Predicted): Promise<void> => {
    let text = '';
    for (const [index, result] of results.entries()) {
      rows++;
      text += 'error' in result ? 'null\n' : `${result.prediction}\n`;
      if (!('error' in result)) continue;
      failed++;
      failures ??= await Upload.begin(`${output}${FAILURES}`, JSON_LINES);
      await failures.add(`${JSON.stringify({ row: rows, error: result.error, input: rowOf(inputs[index]!) })}\n`);
    }
    await predictions.add(text);
  };
  // The oldest request is written first, so that the predictions stay in the order of the rows.
  const sent: Promise<Predicted>[] = [];
  for await (const inputs of requestsOf(readLines(input, maxBytes), rowsPerRequest, maxBytes)) {
    sent.push(predictRows(handle, inputs).then((results): Predicted => [inputs, results]));
    if (sent.length === maxConcurrency) await write(await sent.shift()!);
    if (failed > 0 && toleratedFailurePercent === 0) break;
  }
  for (const request of sent) await write(await request);
  const isRejected = failed * 100 > toleratedFailurePercent * rows;
  // The predictions go first: failures without predictions mean that the file was given up.
  if (!isRejected) await predictions.end();
  await failures?.end();
  return { rows, failed, isRejected };
}

/** Rows of a request, and their results. */
type Predicted = readonly [inputs: readonly Buffer[], results: readonly RowResult[]];

/** Bytes between two rows of a request. */
const LINE_FEED_BYTES = 1;

/** Groups rows into requests, each within both limits. */
async function* requestsOf(
  lines: AsyncIterable<Buffer>,
  maxRows: number,
  maxBytes: number,
): AsyncGenerator<readonly Buffer[]> {
  let rows: Buffer[] = [];
  let bytes = 0;
  for await (const line of lines) {
    const size = line.length + LINE_FEED_BYTES;
    if (rows.length === maxRows || (rows.length > 0 && bytes + size > maxBytes)) {
      yield rows;
      rows = [];
      bytes = 0;
    }
    rows.push(line);
    bytes += size;
  }
  if (rows.length > 0) yield rows;
}

/** Returns the value of a row, or its text if it is not JSON. */
function rowOf(line: Buffer): unknown {
  const text = line.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** File of a batch. */
interface InputFile {
  readonly name: string;
  /** Path of its results in the output folder, without the ending. */
  readonly target: string;
}

/** Returns the files that `key` names, sorted, so that all tasks share them alike. */
async function filesOf(input: string, key: string): Promise<readonly InputFile[]> {
  const found = await list(below(input, key));
  // A name that is complete stands for this file alone.
  const endings = found.includes('') ? [''] : found.filter((ending) => !ending.endsWith('/'));
  if (endings.length === 0) throw new Error(`${below(input, key)} does not exist, and no file is below it`);
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  return endings.sort().map((ending) => ({ name: key + ending, target: (key + ending).slice(folder.length) }));
}

/** Lists the objects whose names begin as `url`, by the rest of their names. */
function list(url: string): Promise<readonly string[]> {
  return named(url, async () => {
    const store = await openStore(url);
    return withRetries(() => store.list!(new URL(url)));
  });
}

function below(folder: string, path: string): string {
  return folder + path.split('/').map(encodeURIComponent).join('/');
}
