import { join } from 'node:path';
import { fileOperators, furtherModels, type Manifest } from '@modelship/runtime/manifest';
import { shapeText } from '@modelship/runtime/serve';
import { stringifyExact } from '../json/exact-json.js';

/** Writes the result of a command to standard output, and its progress to standard error. */
export class Output {
  constructor(private readonly asJson = false) {}

  /**
   * Prints the result: one JSON document with `--json`, or else the lines. Control characters in lines are escaped, line
   * breaks too, so that no text of a package or a server forges a line.
   */
  result(json: unknown, lines: readonly string[]): void {
    const text = this.asJson ? stringifyExact(json) : lines.map((line) => visible(line, CONTROLS)).join('\n');
    process.stdout.write(`${text}\n`);
  }

  /** Prints one step of a command whose own commands print to the terminal. With `--json` nothing is shown. */
  step(text: string): void {
    if (!this.asJson) printStep(text);
  }

  /**
   * Runs `work` under a title. A terminal shows the current step. Without a terminal each step is a plain line, and so
   * is the title of long work. With `--json` nothing is shown.
   */
  async progress<Result>(name: string, work: (step: (step: string) => void) => Promise<Result>): Promise<Result> {
    if (this.asJson) return work(() => {});
    const title = visible(name, CONTROLS);
    if (!isTerminal()) return plainProgress(title, work);
    const { Listr } = await import('listr2');
    let result: Result | undefined;
    const task = {
      title,
      task: async (_: unknown, shown: { output?: string }) => {
        result = await work((step) => {
          shown.output = visible(step, CONTROLS);
        });
      },
    };
    const list = new Listr([task], {
      // The caller of the command prints the error.
      rendererOptions: { showErrorMessage: false },
      // A command that handles signals itself may continue after them.
      registerSignalListeners: process.listenerCount('SIGINT') === 0,
    });
    await list.run();
    return result as Result;
  }
}

/**
 * Whether progress can be shown. A terminal without a width, as some build systems allocate, would show one letter per
 * line.
 */
function isTerminal(): boolean {
  return process.stdout.isTTY && process.stdout.columns > 0;
}

/** Seconds after which work without steps is reported as still running. */
const LONG_SECONDS = 2;

function printStep(text: string): void {
  process.stderr.write(`- ${visible(text, CONTROLS)}\n`);
}

async function plainProgress<Result>(
  title: string,
  work: (step: (step: string) => void) => Promise<Result>,
): Promise<Result> {
  const timer = setTimeout(() => printStep(`${title} (still running after ${LONG_SECONDS} s)`), LONG_SECONDS * 1000);
  try {
    return await work((step) => {
      clearTimeout(timer);
      printStep(step);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Control characters and characters that change the direction of text, which may hide or forge output. */
const CONTROLS = /(?!\t)[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The same, without the line breaks of longer messages. */
const CONTROLS_IN_LINES = /(?![\t\n])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Escapes control characters, such as the escape sequences of terminals, as `\x1b`. JSON keeps its meaning. */
export function visible(text: string, controls = CONTROLS_IN_LINES): string {
  return text.replace(controls, (character) => {
    const code = character.charCodeAt(0);
    const digits = code.toString(16);
    return code < 0x20 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
  });
}

/** Returns the lines of a table whose columns are as wide as their longest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Returns a line such as `features FP32 [-1, 4]` for each tensor. `labelled` describes the labels. */
export function tensorRows(specs: Manifest['inputs'], labelled: 'classes' | 'columns'): string[] {
  return specs.map((spec) => {
    const { name, datatype, labels, unused } = spec;
    const note = unused ? ', not used: requests may omit it' : '';
    return `${name} ${datatype} ${shapeText(spec)}${labels ? `, ${labelled} ${shortList(labels)}` : ''}${note}`;
  });
}

/** Returns a row that names the operators of a package that can read or write files, if it has any. */
export function operatorRows(directory: string, { artifact, format, task }: Manifest): string[][] {
  const models = [artifact, ...Object.values(furtherModels(task))];
  const operators = [...new Set(models.flatMap((path) => fileOperators(join(directory, path), format)))];
  if (operators.length === 0) return [];
  return [['operators', `${operators.join(', ')}: can read or write files or run other code. Trust the origin first`]];
}

/** Formats a number of bytes with a decimal unit. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  return `${power === 0 ? size : (size / 1000 ** power).toFixed(1)} ${units[power]}`;
}

function shortList(labels: readonly string[]): string {
  return labels.length > 6 ? `${labels.slice(0, 5).join(', ')}, … (${labels.length})` : labels.join(', ');
}

/** Describes the reference data of a package. */
export function referenceText({ rows, labelled }: NonNullable<Manifest['reference']>): string {
  return `${rows} rows${labelled === undefined ? '' : `, ${labelled} of them with the class`}`;
}
