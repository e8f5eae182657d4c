import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { SAMPLES_FILE, signaturesOf } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';
import { labelColumn } from '../model/picture-folder.js';
import type { GateDataSet, RolloutGate } from '../serving/rollout-gate.js';
import { cachedFolder } from './cache-folder.js';
import { pathBelow } from './files.js';
import { type GateDataSetQuestions, type GateQuestions, QUESTIONS_FILE } from './gate-questions.js';

/** Largest data set of a gate in bytes. All of its rows are asked within 15 minutes, the longest time of a function. */
export const GATE_DATA_SET_BYTES = 50 * 2 ** 20;

/** Folder of the function that asks the questions of a gate. */
export interface GateFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

/** Questions that cannot be asked, by the option of the gate that they are from. */
export class GateError extends Error {
  override readonly name = 'GateError';

  constructor(
    readonly option: 'samples' | 'dataSet',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Returns the folder of the function that asks the questions of `gate`, written once for each content. The questions are
 * checked against the signature of the model before.
 *
 * @throws GateError if the questions cannot be asked, or no version can answer them correctly
 */
export function gateFolder(model: Model, gate: RolloutGate): GateFolder {
  const { questions, files } = questionsOf(model, gate);
  const text = `${JSON.stringify(questions, null, 2)}\n`;
  const hook = hookFile('hook.js');
  const hash = createHash('sha256').update(text).update(readFileSync(hook));
  for (const [name, source] of Object.entries(files)) {
    for (const file of filesOf(source)) hash.update(`\n${name}/${pathBelow(source, file)} `).update(readFileSync(file));
  }
  const digest = hash.digest('hex');
  const directory = cachedFolder('gate', digest, (folder) => {
    copyFileSync(hook, join(folder, 'hook.js'));
    writeFileSync(join(folder, QUESTIONS_FILE), text);
    for (const [name, source] of Object.entries(files)) {
      for (const file of filesOf(source)) {
        const copy = join(folder, name, pathBelow(source, file));
        mkdirSync(dirname(copy), { recursive: true });
        copyFileSync(file, copy);
      }
    }
    check(folder, files);
  });
  return { directory, digest };
}

interface Questions {
  readonly questions: GateQuestions;
  /** Files and folders to copy, by their names in the folder of the function. */
  readonly files: Readonly<Record<string, string>>;
}

function questionsOf(model: Model, { samples, dataSet }: RolloutGate): Questions {
  const own = samples ?? goldenSamples(model);
  if (own === undefined && dataSet === undefined) {
    throw new GateError(
      'samples',
      `the package of ${model.name} has no golden samples from a user, so there is nothing to ask; set \`samples\` or \`dataSet\``,
    );
  }
  if (own !== undefined && !statSync(own, { throwIfNoEntry: false })?.isFile()) {
    throw new GateError(
      'samples',
      `${own} is not a file; give a JSON file of requests with their expected predictions`,
    );
  }
  const rows = dataSet && questionsOfRows(dataSet);
  return {
    questions: {
      model: model.name,
      signature: signaturesOf(model.manifest).serving_default!,
      tolerance: model.manifest.samples.tolerance,
      ...(own !== undefined && { samples: SAMPLES_FILE }),
      ...(rows && { dataSet: rows }),
    },
    files: {
      ...(own !== undefined && { [SAMPLES_FILE]: resolve(own) }),
      ...(rows && { [rows.rows]: resolve(dataSet!.rows) }),
    },
  };
}

/** Returns a file, or the files below a folder, those that links lead to included, in the same order on every platform. */
function filesOf(source: string): string[] {
  if (!statSync(source).isDirectory()) return [source];
  const order = (file: string) => pathBelow(source, file);
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((name) => join(source, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

/** Returns the file of the package's samples. Made-up samples, which a user never confirmed, are none. */
function goldenSamples({ directory, manifest }: Model): string | undefined {
  const { count, madeUp } = manifest.samples;
  return count > 0 && !madeUp ? join(directory, SAMPLES_FILE) : undefined;
}

function questionsOfRows({ rows, label, weight, query, task, min = {}, max = {} }: GateDataSet): GateDataSetQuestions {
  if (!existsSync(rows)) throw new GateError('dataSet', `${rows} does not exist; give the file of a data set`);
  const bytes = filesOf(rows).reduce((sum, file) => sum + statSync(file).size, 0);
  if (bytes > GATE_DATA_SET_BYTES) {
    throw new GateError(
      'dataSet',
      `${rows} has ${bytes} bytes, and a gate takes at most ${GATE_DATA_SET_BYTES}; draw a sample of its rows`,
    );
  }
  const own = labelColumn(rows, label);
  if (own === undefined) {
    throw new GateError('dataSet', `${rows} needs the column of the labels; set \`dataSet.label\``);
  }
  if (Object.keys({ ...min, ...max }).length === 0) {
    throw new GateError(
      'dataSet',
      'no metric has a limit; set `dataSet.min` or `dataSet.max`, such as { accuracy: 0.9 }',
    );
  }
  return { rows: `data/${basename(resolve(rows))}`, label: own, weight, query, task, min, max };
}

/** Reads the questions as the function will, in a process of its own because reading data sets is asynchronous. */
function check(folder: string, files: Questions['files']): void {
  const found = execFileSync(process.execPath, [hookFile('check.js'), folder], { encoding: 'utf8' });
  const { option, message = '' } = JSON.parse(found) as { option?: GateError['option']; message?: string };
  if (option === undefined) return;
  const given = Object.entries(files).reduce((text, [name, source]) => text.replaceAll(name, source), message);
  throw new GateError(option, given);
}

/** Returns a file that `npm run build` bundles from `lib/gate`. */
function hookFile(name: string): string {
  const root = dirname(createRequire(__filename).resolve('modelship/package.json'));
  const file = join(root, 'dist', 'lib', 'gate', 'bundle', name);
  if (existsSync(file)) return file;
  throw new Error(`the function of gates is not built: ${file} does not exist. Run \`npm run build\` first.`);
}
