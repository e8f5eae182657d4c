import { ENVIRONMENT } from '@modelship/runtime/contract';
import { MODEL_FORMATS, type ModelFormat } from '@modelship/runtime/manifest';
import { Command, Option } from 'commander';
import { TARGETS } from '../init/targets.js';
import { CommandFailure } from './failure.js';
import { Output, table } from './output.js';

interface DoctorFlags {
  readonly format?: ModelFormat;
  readonly target?: string;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check what this machine lacks')
    .description(
      'Checks Node.js, the Python packages of a model format, and the tools and credentials of a target, and prints how ' +
        'to fix what is missing. It changes nothing. Exits with 1 if something is missing.',
    )
    .addOption(new Option('--format <format>', 'format of the model').choices([...MODEL_FORMATS]))
    .addOption(new Option('--target <service>', 'service to deploy to').choices(Object.keys(TARGETS)))
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExample:\n  modelship doctor --format pickle --target cloud-run')
    .action(doctor);
}

async function doctor({ format, target, json }: DoctorFlags): Promise<void> {
  const output = new Output(json);
  const { checkNode, checkPython, checkTarget } = await import('../doctor/checks.js');
  const python = process.env[ENVIRONMENT.python] ?? 'python3';
  const findings = await output.progress('Check this machine', async () => [
    checkNode(),
    ...(format === undefined ? [] : await checkPython(format, python)),
    ...(target === undefined ? [] : await checkTarget(TARGETS[target]!)),
  ]);
  const lines = findings.map(({ check, status, detail, fix }) => [status, check, fix ? `${detail}. ${fix}` : detail]);
  output.result({ findings }, table(lines));
  const missing = findings.filter(({ status }) => status === 'missing').map(({ check }) => check);
  if (missing.length > 0) throw new CommandFailure('TOOLS_MISSING', `missing: ${missing.join(', ')}.`);
}
