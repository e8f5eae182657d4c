import { DATATYPES, type TensorSpec } from '@modelship/runtime';
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_TOLERANCE, type Tolerance } from '../pack/options.js';
import { type LocalFlags, withTrustOption } from './local.js';
import { bytes, Output, table, tensorRows } from './output.js';

interface PackFlags extends LocalFlags {
  readonly name: string;
  readonly version: string;
  readonly samples?: string;
  readonly input?: TensorSpec[];
  readonly labels?: string[];
  readonly out?: string;
  readonly tolerance?: Tolerance;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function packCommand(): Command {
  return withTrustOption(
    new Command('pack')
      .summary('make a model package of a saved model')
      .description(
        'Makes a model package: the model, its signature read from the file, golden samples computed by running it, ' +
          'and the SHA-256 of everything. The format is told from the bytes. The same input gives the same digest. ' +
          'MODELSHIP_PYTHON names the interpreter for Python formats, which has their framework.',
      )
      .argument('<model>', 'the saved model: a file, or the folder of a SavedModel'),
  )
    .requiredOption('-n, --name <name>', 'name to serve the model under')
    .option('--version <number>', 'version to serve it under, a whole number', '1')
    .option('-s, --samples <file>', 'JSON file of requests, with the expected answers if you have them')
    .option(
      '--input <name:datatype[shape]>',
      'an input, for formats that do not record it, such as image:FP32[-1,3,224,224]; may be repeated',
      inputs,
    )
    .option('--labels <names>', 'names of the classes in the order of the scores, separated by commas', list)
    .option('-o, --out <folder>', 'folder of the package (default: the name)')
    .option(
      '--tolerance <absolute,relative>',
      `how far an answer may be from the golden one (default: ${DEFAULT_TOLERANCE.absolute},${DEFAULT_TOLERANCE.relative})`,
      tolerance,
    )
    .option('-f, --force', 'replace another package in the folder')
    .option('--json', 'print the manifest as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  modelship pack model.onnx --name iris --samples samples.json --labels setosa,versicolor,virginica',
    )
    .action(pack);
}

async function pack(source: string, flags: PackFlags): Promise<void> {
  const output = new Output(flags.json);
  const out = flags.out ?? flags.name;
  // An interruption ends by `process.exit`, whose handlers remove what is half-written.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  const { packModel } = await import('../pack/index.js');
  const manifest = await output.progress(`Pack ${source}`, (onStep) =>
    packModel({ ...flags, inputs: flags.input, source, out, onStep }),
  );
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
  output.result({ directory: out, ...manifest }, [
    `Packed ${manifest.name}, version ${manifest.version}, into ${out} (${bytes(size)})`,
    ...table([
      ['  format', manifest.format],
      ['  digest', manifest.digest],
      ...tensorRows(manifest.inputs, 'columns').map((row) => ['  input', row]),
      ...tensorRows(manifest.outputs, 'classes').map((row) => ['  output', row]),
      ['  samples', sampleNote(manifest.samples.count)],
    ]),
    '',
    `Try it:  npx modelship serve ${out}`,
  ]);
}

function sampleNote(count: number): string {
  return count > 0
    ? `${count}, run before a replica says it is ready`
    : 'none: give some by --samples, so that every replica checks itself';
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

function tolerance(value: string): Tolerance {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [absolute, relative = DEFAULT_TOLERANCE.relative] = numbers as [number, number?];
  if (numbers.length > 2 || ![absolute, relative].every((number) => Number.isFinite(number) && number >= 0)) {
    throw new InvalidArgumentError('Write two numbers that are not negative, such as 1e-5,1e-4.');
  }
  return { absolute, relative };
}
