import { Command, Option } from 'commander';
import { EXPORTS, type ExportKind, exportPackage } from '../export/index.js';
import { Output } from './output.js';
import { requireOptions } from './required-options.js';

export function exportCommand(): Command {
  return new Command('export')
    .summary('write the model of a package for another tool')
    .description(
      `Writes the model of a package without Modelship: as ${Object.values(EXPORTS).join(', as ')}. Steps of a task, and ` +
        'golden samples, stay in the package.',
    )
    .argument('<package>', 'folder of the package')
    .addOption(new Option('--to <tool>', 'layout to write').choices(Object.keys(EXPORTS)).default('file'))
    .option('-o, --out <folder>', 'folder to write to (required)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship export models/iris --out iris
  modelship export models/iris --to mlflow --out mlflow/iris
  modelship export models/iris --to triton --out repository`,
    )
    .action(exportModel);
}

async function exportModel(
  directory: string,
  flags: { readonly to: ExportKind; readonly out: string; readonly json?: boolean },
  command: Command,
): Promise<void> {
  requireOptions(command, 'out');
  const { to, out } = flags;
  const output = new Output(flags.json);
  const files = await output.progress(`Export ${directory}`, async () => exportPackage(directory, to, out));
  output.result({ directory: out, files }, [`Exported ${EXPORTS[to]} to ${out}`, ...files.map((file) => `  ${file}`)]);
}
