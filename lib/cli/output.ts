import type { Manifest } from '@modelship/runtime/manifest';
import { stringifyExact } from '../json/exact-json.js';

/** Where a command's result and its progress go: results to standard output, the rest to standard error. */
export class Output {
  constructor(private readonly asJson = false) {}

  /** Prints the result: one JSON document, or the lines for a person. */
  result(json: unknown, lines: readonly string[]): void {
    process.stdout.write(this.asJson ? `${stringifyExact(json)}\n` : `${lines.join('\n')}\n`);
  }

  /**
   * Does `work` under a title. A terminal shows the step it is at; elsewhere each step is a plain line; with `--json`
   * nothing is shown.
   */
  async progress<Result>(title: string, work: (step: (step: string) => void) => Promise<Result>): Promise<Result> {
    if (this.asJson) return work(() => {});
    if (!process.stdout.isTTY) return work((step) => process.stderr.write(`- ${step}\n`));
    const { Listr } = await import('listr2');
    let result: Result | undefined;
    const task = {
      title,
      task: async (_: unknown, shown: { output?: string }) => {
        result = await work((step) => {
          shown.output = step;
        });
      },
    };
    // What went wrong is told once, by whoever called the command.
    const list = new Listr([task], { rendererOptions: { showErrorMessage: false } });
    await list.run();
    return result as Result;
  }
}

/** Lines of a table: columns as wide as their longest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** `features FP32 [-1, 4]`, for each tensor of a signature; `labelled` says what the labels are of. */
export function tensorRows(specs: Manifest['inputs'], labelled: 'classes' | 'columns'): string[] {
  return specs.map(({ name, datatype, shape, labels }) => {
    return `${name} ${datatype} [${shape.join(', ')}]${labels ? `, ${labelled} ${shortList(labels)}` : ''}`;
  });
}

/** Bytes as a person reads them. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  return `${power === 0 ? size : (size / 1000 ** power).toFixed(1)} ${units[power]}`;
}

function shortList(labels: readonly string[]): string {
  return labels.length > 6 ? `${labels.slice(0, 5).join(', ')}, … (${labels.length})` : labels.join(', ');
}
