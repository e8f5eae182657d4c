import { verifySignature } from '@modelship/runtime/signature';
import { Command } from 'commander';
import { signatureTrust } from '../sign/index.js';
import { CommandFailure } from './failure.js';
import { Output, table } from './output.js';

interface VerifyFlags {
  readonly key?: string;
  readonly roots?: string;
  readonly signature?: string;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .summary('verify the signature of a model package')
    .description(
      'Verifies who signed a model package, and that it has exactly the files that were signed. The signature is in the ' +
        'format OpenSSF Model Signing 1.0.',
    )
    .argument('<package>', 'folder of the package')
    .option('--key <file>', 'public key of the signer in PEM')
    .option('--roots <file>', 'trusted root certificates in PEM, one of them above the certificate of the signer')
    .option('--signature <file>', 'signature to verify (default: model.sig in the package)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Example:
  openssl pkey -in release.key -pubout -out release.pub
  modelship verify models/iris --key release.pub`,
    )
    .action(verify);
}

async function verify(directory: string, { key, roots, signature, json }: VerifyFlags): Promise<void> {
  if ((key === undefined) === (roots === undefined)) {
    throw new CommandFailure('USAGE', 'Give either --key or --roots: whose signature to trust.');
  }
  const trust = await signatureTrust(key === undefined ? { roots: roots! } : { key });
  const output = new Output(json);
  const verified = await output.progress(`Verify ${directory}`, () => verifySignature(directory, trust, signature));
  output.result({ directory, ...verified }, [
    ...table([
      ['digest', verified.digest],
      ['files', String(verified.files)],
      ...(verified.signer ? [['signer', verified.signer]] : []),
    ]),
    '',
    'The signature is valid, and every file is the signed one.',
  ]);
}
