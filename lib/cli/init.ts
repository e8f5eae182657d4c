import { Command, Option } from 'commander';
import { ENGINES, type Engine, TARGETS, TOOLS } from '../init/targets.js';
import { shellWord } from '../serving/shell-word.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, withTrustOptions } from './local.js';
import { Output } from './output.js';
import { gather } from './repeatable-option.js';
import { requireOptions } from './required-options.js';

interface InitFlags extends LocalFlags {
  readonly target: string;
  readonly engine?: Engine;
  readonly model: string;
  readonly samples?: string;
  readonly modelship?: string[];
  readonly json?: boolean;
}

export function initCommand(): Command {
  return withTrustOptions(
    new Command('init')
      .summary('make a deployment repository for a model')
      .description(
        'Makes a repository that deploys a model: stack, unit test, lint, README and a GitHub Actions workflow. It ' +
          'compiles, tests and synthesizes without an account.',
      )
      .argument('<name>', 'name of the repository, a new folder'),
  )
    .addOption(new Option('--target <service>', 'service to deploy to (required)').choices(Object.keys(TARGETS)))
    .option('--model <path>', 'a saved model, or the folder of a package (required)')
    .addOption(
      new Option('--engine <name>', 'tool to deploy with (default: cdk on AWS, cdktf elsewhere)').choices([
        'cdk',
        'cdktf',
        'cdktn',
      ]),
    )
    .option('-s, --samples <file>', 'JSON file of requests for a saved model')
    .option('--modelship <tarball>', 'tarball of Modelship to install instead of the registry; repeatable', gather)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship init iris --target lambda --model model.onnx --samples samples.json
  modelship init iris --target cloud-run --engine cdktn --model models/iris`,
    )
    .action(init);
}

async function init(directory: string, flags: InitFlags, command: Command): Promise<void> {
  requireOptions(command, 'target', 'model');
  const target = TARGETS[flags.target]!;
  const engines = ENGINES[target.cloud];
  const engine = flags.engine ?? engines[0]!;
  if (!engines.includes(engine)) {
    throw new CommandFailure(
      'ENGINE_UNSUPPORTED',
      `--engine ${engine} cannot deploy to ${target.service}. Use ${engines.join(' or ')}.`,
    );
  }
  const output = new Output(flags.json);
  const { initProject } = await import('../init/init-project.js');
  const manifest = await output.progress(`Make ${directory}`, (onStep) =>
    initProject({ ...flags, directory, target, engine, tarballs: flags.modelship, onStep }),
  );
  output.result({ directory, target: flags.target, engine, model: manifest.name, digest: manifest.digest }, [
    `Made ${directory}, which deploys ${manifest.name}, version ${manifest.version}, to ${target.service}`,
    '',
    `Next, with Node.js ${TOOLS[engine].node} or later:`,
    `  cd ${shellWord(directory)}`,
    '  npm install',
    '  npm test',
    '  npm run synth',
    '',
    'README.md says how to deploy.',
  ]);
}
