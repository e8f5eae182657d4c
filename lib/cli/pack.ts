import { DATATYPES, type TensorSpec } from '@modelship/runtime';
import type { Manifest, TextTask } from '@modelship/runtime/manifest';
import { Command, InvalidArgumentError, Option } from 'commander';
import { TEXT_TASKS } from '../pack/hugging-face/text-tasks.js';
import { DEFAULT_TOLERANCE, type PackOptions, type Tolerance } from '../pack/options.js';
import { shellWord } from '../serving/shell-word.js';
import { exitOnSignals } from './interruption.js';
import { type LocalFlags, trustArguments, withTrustOptions } from './local.js';
import { bytes, Output, operatorRows, referenceText, table, tensorRows } from './output.js';
import { requireOptions } from './required-options.js';
import { tolerance } from './tolerance-option.js';

interface PackFlags extends LocalFlags {
  readonly name: string;
  readonly version?: string;
  readonly samples?: string;
  readonly input?: TensorSpec[];
  readonly labels?: string[];
  readonly code?: string;
  readonly handler?: string;
  readonly background?: string;
  readonly reference?: string;
  readonly referenceLabel?: string;
  readonly weights?: string;
  readonly task?: TextTask['type'];
  readonly out?: string;
  readonly tolerance?: Tolerance;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function packCommand(): Command {
  return withTrustOptions(
    new Command('pack')
      .summary('make a model package from a saved model')
      .description(
        'Makes a model package: the model, its signature, golden samples computed by running it, and the SHA-256 of ' +
          "every file. The format is detected from the file's content. The same input gives the same digest. Python " +
          'formats run in the interpreter that MODELSHIP_PYTHON names, which must have their framework. A folder that ' +
          'transformers, sentence-transformers, timm or torchvision saved becomes a model that takes texts or pictures; ' +
          'weights of PyTorch are exported to ONNX by that interpreter.',
      )
      .argument(
        '<model>',
        'the saved model: a file, the folder of a SavedModel, of Hugging Face, of PaddleOCR or of another ' +
          "tool such as MLflow, SageMaker's model.tar.gz or TorchServe's model.mar, or a model in MLflow's store such as models:/iris/3",
      ),
  )
    .option('-n, --name <name>', 'name to serve the model under (required)')
    .option(
      '--version <number>',
      'version of the model, a whole number (default: 1, or the version in the folder of another tool)',
    )
    .option('-s, --samples <file>', 'JSON file of requests, with expected answers if you have them')
    .option(
      '--input <name:datatype[shape]>',
      'input of a format that does not record it, such as image:FP32[-1,3,224,224]; repeatable',
      inputs,
    )
    .option('--labels <names>', 'class names in the order of the scores, separated by commas', list)
    .option(
      '--code <folder>',
      'folder of the Python modules that a pickle or a handler imports, or one module; they become part of the package',
    )
    .option(
      '--handler <file:class>',
      'Python module with your own steps around the model, optionally with the class that has them; needs --trust-code',
    )
    .option(
      '--background <file>',
      'JSON file of requests whose rows represent absent features in explanations, such as 100 of the training rows',
    )
    .option(
      '--reference <file>',
      'data set of CSV, JSON Lines, Parquet or NumPy arrays, such as the training rows; servers compare requests with its ranges and ' +
        'categories',
    )
    .option(
      '--reference-label <column>',
      'column of the reference data that is no input of the model; with --labels, servers estimate the accuracy from it',
    )
    .option(
      '--weights <file>',
      'weights of a folder of Hugging Face, such as onnx/model_quantized.onnx (default: model.onnx, onnx/model.onnx, the ' +
        'only ONNX file, or model.safetensors)',
    )
    .addOption(
      new Option(
        '--task <name>',
        'task of a folder of Hugging Face (default: the one that the model was saved for)',
      ).choices(TEXT_TASKS),
    )
    .option('-o, --out <folder>', 'folder of the package (default: the name)')
    .option(
      '--tolerance <absolute,relative>',
      `largest difference from the golden answer (default: ${DEFAULT_TOLERANCE.absolute},${DEFAULT_TOLERANCE.relative})`,
      tolerance,
    )
    .option('-f, --force', 'replace a different package in the folder')
    .option('--json', 'print the manifest as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship pack model.onnx --name iris --samples samples.json --labels setosa,versicolor,virginica
  modelship pack pipeline.joblib --name router --trust-pickle --out models/router
  modelship pack pipeline.joblib --name router --trust-pickle --code src/features
  modelship pack model.onnx --name iris --handler steps.py --trust-code --samples samples.json
  modelship pack all-MiniLM-L6-v2 --name minilm --weights onnx/model_quantized.onnx`,
    )
    .action(pack);
}

async function pack(source: string, flags: PackFlags, command: Command): Promise<void> {
  requireOptions(command, 'name');
  const output = new Output(flags.json);
  const out = flags.out ?? flags.name;
  exitOnSignals();
  const { packModel } = await import('../pack/index.js');
  const notes: string[] = [];
  const { reference: rows, referenceLabel } = flags;
  const reference = rows === undefined ? undefined : await referenceReader(rows, referenceLabel);
  const manifest = await output.progress(`Pack ${source}`, (onStep) =>
    packModel({ ...flags, inputs: flags.input, reference, source, out, onStep, onNote: (note) => notes.push(note) }),
  );
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
  output.result({ directory: out, ...manifest, ...(notes.length > 0 && { notes }) }, [
    `Packed ${manifest.name}, version ${manifest.version}, into ${out} (${bytes(size)})`,
    ...table([
      ['  format', manifest.format],
      ...(manifest.task ? [['  task', manifest.task.type]] : []),
      ['  digest', manifest.digest],
      ...tensorRows(manifest.inputs, 'columns').map((row) => ['  input', row]),
      ...tensorRows(manifest.outputs, 'classes').map((row) => ['  output', row]),
      ...fixedBatchRows(manifest),
      ...operatorRows(out, manifest).map(([title, ...cells]) => [`  ${title}`, ...cells]),
      ['  samples', sampleNote(manifest.samples)],
      ...(manifest.reference ? [['  reference', referenceText(manifest.reference)]] : []),
      ...(manifest.background ? [['  background', `${manifest.background.rows} rows`]] : []),
      ...notes.map((note) => ['  note', note]),
    ]),
    '',
    `Try it:  npx modelship serve ${[shellWord(out), ...trustArguments(flags)].join(' ')}`,
  ]);
}

/** Returns the function that reads reference data. Its readers of data sets are loaded only by a pack that has one. */
async function referenceReader(rows: string, label: string | undefined): Promise<PackOptions['reference']> {
  const { referenceRows } = await import('./reference-rows.js');
  return (signature) => referenceRows(rows, label, signature);
}

/**
 * Returns advice if the batch dimension is fixed. Exporters fix it by default, and requests with several rows then
 * fail.
 */
function fixedBatchRows({ inputs }: Manifest): string[][] {
  const size = inputs.map(({ shape }) => shape[0]).find((first) => first !== undefined && first !== -1);
  if (size === undefined) return [];
  const rows = size === 1 ? '1 row' : `${size} rows`;
  return [
    ['  batch', `fixed: each request must have ${rows}. Export with a dynamic first dimension to allow any number`],
  ];
}

function sampleNote({ count, madeUp }: Manifest['samples']): string {
  if (count === 0) {
    return 'none: add some with --samples, so that each replica checks its predictions before it reports ready';
  }
  if (!madeUp) return `${count}, run by each replica before it reports ready`;
  return (
    `${count} made up from the signature: a replica with other responses logs a warning. Add real ones with --samples, ` +
    'so that each replica checks its predictions before it reports ready'
  );
}

function inputs(value: string, former: readonly TensorSpec[] = []): TensorSpec[] {
  const [, name, datatype, shape] = /^([^:[\]]+):([A-Z0-9]+)\[([-\d, ]*)\]$/.exec(value.trim()) ?? [];
  const sizes = shape?.trim() ? shape.split(',').map((size) => (size.trim() === '' ? Number.NaN : Number(size))) : [];
  const known = DATATYPES.find((each) => each === datatype);
  if (name === undefined || !known || !sizes.every((size) => Number.isInteger(size) && size >= -1)) {
    throw new InvalidArgumentError(
      `Write NAME:DATATYPE[SHAPE], such as image:FP32[-1,3,224,224]; a datatype is one of ${DATATYPES.join(', ')}.`,
    );
  }
  return [...former, { name, datatype: known, shape: sizes }];
}

function list(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Write the names with one comma between two.');
  return names;
}
