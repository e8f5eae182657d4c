import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { benchCommand } from './bench.js';
import { compareCommand } from './compare.js';
import { completionCommand } from './completion.js';
import { doctorCommand } from './doctor.js';
import { evaluateCommand } from './evaluate.js';
import { evidenceCommand } from './evidence.js';
import { explainCommand } from './explain.js';
import { exportCommand } from './export.js';
import { described, EXIT } from './failure.js';
import { initCommand } from './init.js';
import { inspectCommand } from './inspect.js';
import { optimizeCommand } from './optimize.js';
import { visible } from './output.js';
import { packCommand } from './pack.js';
import { predictCommand } from './predict.js';
import { releaseCommand } from './release.js';
import { serveCommand } from './serve.js';
import { signCommand } from './sign.js';
import { verifyCommand } from './verify.js';

/** Creates the `modelship` command with all its subcommands. */
export function program(asJson = false): Command {
  const command = new Command('modelship')
    // With `--json` the error is printed as JSON once it is caught.
    .configureOutput(asJson ? { writeErr: () => {}, outputError: () => {} } : {})
    .description('Ships one trained model to any cloud.')
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(add --help for usage)')
    .showSuggestionAfterError()
    // Positional options let `modelship pack --version 2` set the version of the model instead of printing the version of
    // this program.
    .enablePositionalOptions()
    .addCommand(packCommand())
    .addCommand(inspectCommand())
    .addCommand(signCommand())
    .addCommand(verifyCommand())
    .addCommand(evidenceCommand())
    .addCommand(serveCommand())
    .addCommand(predictCommand())
    .addCommand(evaluateCommand())
    .addCommand(releaseCommand())
    .addCommand(explainCommand())
    .addCommand(benchCommand())
    .addCommand(compareCommand())
    .addCommand(optimizeCommand())
    .addCommand(exportCommand())
    .addCommand(initCommand())
    .addCommand(doctorCommand())
    .addCommand(completionCommand());
  for (const each of [command, ...command.commands]) each.exitOverride().copyInheritedSettings(command);
  return command;
}

/** Runs the command line, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const asJson = args.includes('--json');
  try {
    await program(asJson).parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    // Commander has already printed its own message.
    if (error instanceof CommanderError && (error.exitCode === 0 || !asJson)) return error.exitCode && EXIT.usage;
    const { code, message, exitCode } = described(error);
    const text = asJson ? JSON.stringify({ error: { code, message } }) : `modelship: ${visible(message)}`;
    process.stderr.write(`${text}\n`);
    // An interruption has already set the exit code.
    return typeof process.exitCode === 'number' ? process.exitCode : exitCode;
  }
}

function packageVersion(): string {
  return createRequire(__filename)('modelship/package.json').version;
}
