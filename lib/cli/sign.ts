import { Command } from 'commander';
import { signPackage } from '../sign/index.js';
import { Output, table } from './output.js';
import { requireOptions } from './required-options.js';

/** Environment variable with the passphrase of an encrypted key. Arguments are visible to other users of a machine. */
const PASSPHRASE = 'MODELSHIP_KEY_PASSPHRASE';

export function signCommand(): Command {
  return new Command('sign')
    .summary('sign a model package')
    .description(
      'Signs every file of a model package in the format OpenSSF Model Signing 1.0, and writes the signature as ' +
        `model.sig into the package. ${PASSPHRASE} has the passphrase of an encrypted key.`,
    )
    .argument('<package>', 'folder of the package')
    .option('--key <file>', 'private key in PEM: an elliptic curve key of P-256, P-384 or P-521')
    .option('--certificate <file>', 'certificate of the key in PEM, followed by those between it and a root')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Example:
  openssl ecparam -name prime256v1 -genkey -noout -out release.key
  modelship sign models/iris --key release.key`,
    )
    .action(sign);
}

async function sign(
  directory: string,
  flags: { readonly key: string; readonly certificate?: string; readonly json?: boolean },
  command: Command,
): Promise<void> {
  requireOptions(command, 'key');
  const { key, certificate } = flags;
  const output = new Output(flags.json);
  const passphrase = process.env[PASSPHRASE];
  const signed = await output.progress(`Sign ${directory}`, () =>
    signPackage(directory, { key, certificate, passphrase }),
  );
  output.result(
    signed,
    table([
      ['signature', signed.file],
      ['digest', signed.digest],
      ['files', String(signed.files)],
    ]),
  );
}
