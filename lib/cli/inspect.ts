import { join } from 'node:path';
import {
  type Handler,
  type ImageStep,
  PICKLE_FORMATS,
  readManifest,
  type Task,
  type TextTokenizer,
  verifyFiles,
} from '@modelship/runtime/manifest';
import { checkPickles, describeUnknown } from '@modelship/runtime/serve';
import { Command } from 'commander';
import { readProof } from '../optimize/proof.js';
import { proofLines } from './optimize.js';
import { bytes, Output, operatorRows, referenceText, table, tensorRows } from './output.js';

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('show a model package and verify its files')
    .description('Shows the contents of a model package, and verifies every file against its SHA-256 in the manifest.')
    .argument('<package>', 'folder of the package')
    .option('--json', 'print the manifest as JSON')
    .addHelpText('after', '\nExample:\n  modelship inspect models/iris')
    .action(inspect);
}

async function inspect(directory: string, flags: { readonly json?: boolean }): Promise<void> {
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  const { absolute, relative } = manifest.samples.tolerance;
  const pickles = PICKLE_FORMATS.includes(manifest.format)
    ? await checkPickles(join(directory, manifest.artifact), manifest.format)
    : undefined;
  const optimization = readProof(directory, manifest);
  const json = {
    directory,
    ...manifest,
    ...(pickles && { unknownImports: pickles.unknown }),
    ...(optimization && { optimization }),
  };
  new Output(flags.json).result(json, [
    ...table([
      ['name', manifest.name],
      ['version', manifest.version],
      ['format', manifest.format],
      ['digest', manifest.digest],
      ...tensorRows(manifest.inputs, 'columns').map((row) => ['input', row]),
      ...tensorRows(manifest.outputs, 'classes').map((row) => ['output', row]),
      ...Object.entries(manifest.signatures ?? {}).map(([name, { inputs, outputs }]) => [
        'signature',
        `${name}: ${tensorRows(inputs, 'columns').join('; ')} → ${tensorRows(outputs, 'classes').join('; ')}`,
      ]),
      ...(manifest.task ? [['task', taskText(manifest.task)]] : []),
      ...(manifest.handler ? [['handler', handlerText(manifest.handler)]] : []),
      [
        'samples',
        `${manifest.samples.count}${manifest.samples.madeUp ? ' made up' : ''}, tolerance ${absolute} + ${relative} × |expected|`,
      ],
      ...(manifest.background ? [['background', `${manifest.background.rows} rows, for explanations`]] : []),
      ...(manifest.reference ? [['reference', `${referenceText(manifest.reference)}, for drift and guards`]] : []),
      ...(manifest.handler ? [['trust', 'required: its handler is code that runs for each request']] : []),
      ...(pickles
        ? [
            ['trust', 'required: loading it can run code from its file'],
            ['imports', describeUnknown(pickles)],
          ]
        : []),
      ...operatorRows(directory, manifest),
      ...(manifest.requirements ?? []).map((requirement) => ['requires', requirement]),
    ]),
    ...(optimization ? ['', ...proofLines(optimization)] : []),
    '',
    ...table(manifest.files.map(({ path, size, sha256 }) => [join(directory, path), bytes(size), sha256])),
    '',
    'Every file matches its digest.',
  ]);
}

/** Describes a task and its steps for people. */
function taskText({ type, ...fields }: Task): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name === 'tokenizer') return [tokenizerText(value as TextTokenizer)];
    if (name === 'preprocessing')
      return [`steps ${(value as ImageStep[]).map((step) => step.type).join(', ') || 'none'}`];
    return [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
  return [type, ...parts].join('; ');
}

function handlerText({ kind, module, entry, maxRequests = 1, model }: Handler): string {
  const around = model ? `, around ${model.path} (${model.format})` : '';
  const together = maxRequests > 1 ? `, at most ${maxRequests} requests together` : '';
  return `${[module, ...(entry ? [entry] : [])].join(':')}, interface of ${kind}${around}${together}`;
}

function tokenizerText({ file, maxTokens, truncationSide }: TextTokenizer): string {
  return `${file}, at most ${maxTokens} tokens, cut on the ${truncationSide}`;
}
