import { join } from 'node:path';
import { Command } from 'commander';
import { BILL_FILE, EVIDENCE_FILE, type Evidence, TemplateUnknown, writeEvidence } from '../evidence/index.js';
import { signatureTrust } from '../sign/index.js';
import { CommandFailure } from './failure.js';
import { Output, table } from './output.js';
import { gather } from './repeatable-option.js';
import { requireOptions } from './required-options.js';

interface EvidenceFlags {
  readonly out: string;
  readonly template: readonly string[];
  readonly evaluation?: string;
  readonly key?: string;
  readonly roots?: string;
  readonly json?: boolean;
}

export function evidenceCommand(): Command {
  return new Command('evidence')
    .summary('collect the evidence of a release')
    .description(
      'Writes what is known about a release into a folder: digest, signature, samples, evaluation, IAM policies, roles and ' +
        'limits of the templates (evidence.json), and a bill of materials in CycloneDX 1.6 (bom.cdx.json). The same release ' +
        'gives the same bytes.',
    )
    .argument('<package>', 'folder of the package')
    .option('--out <folder>', 'folder of the evidence')
    .option('--template <file>', 'synthesized template, or folder with some, such as cdk.out; repeatable', gather, [])
    .option('--evaluation <file>', 'output of `modelship evaluate --json`')
    .option('--key <file>', 'public key in PEM that the package must be signed with')
    .option('--roots <file>', 'trusted root certificates in PEM, one of them above the certificate of the signer')
    .option('--json', 'print the evidence as JSON')
    .addHelpText(
      'after',
      `
Example:
  modelship evaluate models/iris --rows test.csv --label species --json > evaluation.json
  modelship evidence models/iris --template cdk.out --evaluation evaluation.json --key release.pub --out evidence`,
    )
    .action(collect);
}

async function collect(directory: string, flags: EvidenceFlags, command: Command): Promise<void> {
  requireOptions(command, 'out');
  const { out, template, evaluation, key, roots } = flags;
  if (key !== undefined && roots !== undefined) throw new CommandFailure('USAGE', 'Give either --key or --roots.');
  const isTrustGiven = key !== undefined || roots !== undefined;
  const trust = isTrustGiven ? await signatureTrust(key === undefined ? { roots: roots! } : { key }) : undefined;
  const output = new Output(flags.json);
  try {
    const evidence = await output.progress(`Collect the evidence of ${directory}`, () =>
      writeEvidence({ directory, trust, templates: template, evaluation }, out),
    );
    output.result(evidence, [
      ...table(rows(evidence)),
      '',
      `Wrote ${[EVIDENCE_FILE, BILL_FILE].map((file) => join(out, file)).join(' and ')}.`,
    ]);
  } catch (error) {
    if (error instanceof TemplateUnknown) throw new CommandFailure('TEMPLATE_UNKNOWN', error.message);
    throw error;
  }
}

function rows({ model, signature, samples, evaluation, templates }: Evidence): string[][] {
  return [
    ['model', `${model.name}, version ${model.version}`],
    ['digest', model.digest],
    [
      'signature',
      signature === null ? 'none' : signature.isVerified ? 'verified' : 'not verified: give --key or --roots',
    ],
    ['samples', `${samples.count}${samples.madeUp ? ' made up' : ''}`],
    ['evaluation', evaluation === null ? 'none' : `SHA-256 ${evaluation.sha256}`],
    ...templates.map(({ file, grants, limits }) => [
      'template',
      `${file}: ${grants.length} grants, ${limits.length} limits`,
    ]),
  ];
}
