import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@modelship/runtime';
import { readManifest } from '@modelship/runtime/manifest';
import { loadModel } from '@modelship/runtime/serve';

const ROOT = join(__dirname, '..', '..', '..', '..');

/** Interpreter with transformers and sentence-transformers. */
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** Folders that transformers and sentence-transformers saved, and what these libraries answer. */
export interface SavedModels {
  readonly root: string;
  readonly texts: readonly string[];
  readonly answers: Readonly<Record<string, readonly (number | readonly number[])[]>>;
  /** Returns a copy of a folder, whose files a test changes. */
  copy(name: string): string;
  remove(): void;
}

/** Saves the models of `save_models.py`. */
export function saveModels(): SavedModels {
  const root = mkdtempSync(join(tmpdir(), 'modelship-hugging-face-'));
  execFileSync(PYTHON, [join(__dirname, 'save_models.py'), root], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Without it, bars of progress hide the reason of a failure.
    env: { ...process.env, HF_HUB_DISABLE_PROGRESS_BARS: '1', TQDM_DISABLE: '1' },
  });
  const { texts, answers } = JSON.parse(readFileSync(join(root, 'expected.json'), 'utf8'));
  let copies = 0;
  return {
    root,
    texts,
    answers,
    copy(name) {
      const folder = join(root, 'copies', String(copies++));
      cpSync(join(root, name), folder, { recursive: true });
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Changes an object in a JSON file. */
// biome-ignore lint/suspicious/noExplicitAny: tests change a few places of files with many forms
export function edit(path: string, change: (json: Record<string, any>) => void): void {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** Text or list of texts by input name. */
export type TextRow = Readonly<Record<string, string | readonly string[]>>;

/** Returns the inputs of a batch of rows. */
export function textInputs(rows: readonly TextRow[]): Tensor[] {
  return Object.entries(rows[0]!).map(([name, first]) => ({
    name,
    datatype: 'BYTES',
    shape: typeof first === 'string' ? [rows.length] : [rows.length, first.length],
    data: rows.flatMap((row) => [row[name]!].flat().map((text) => Buffer.from(text))),
  }));
}

/** Runs a package on texts, each alone, and all in one batch. Returns the first output of both. */
export async function answersOf(
  directory: string,
  rows: readonly TextRow[],
): Promise<{ alone: number[][]; together: number[][] }> {
  const model = await loadModel(directory, readManifest(directory), { threads: 1 });
  try {
    const run = async (batch: typeof rows) => {
      const [output] = await model.run(textInputs(batch));
      const values = Array.from(output!.data as Float32Array);
      const width = values.length / batch.length;
      return batch.map((_, index) => values.slice(index * width, (index + 1) * width));
    };
    const alone: number[][] = [];
    for (const row of rows) alone.push(...(await run([row])));
    return { alone, together: await run(rows) };
  } finally {
    await model.close();
  }
}

/** Returns the largest difference between two lists of answers. */
export function largestDifference(
  found: readonly (readonly number[])[],
  wanted: readonly (number | readonly number[])[],
): number {
  const left = found.flat();
  const right = wanted.flat();
  if (left.length !== right.length) throw new Error(`${left.length} values, expected ${right.length}`);
  return Math.max(...left.map((value, index) => Math.abs(value - right[index]!)));
}
