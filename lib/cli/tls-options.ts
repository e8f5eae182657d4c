import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { TlsOptions } from '../requests/http.js';
import { CommandFailure } from './failure.js';

export interface TlsFlags {
  readonly ca?: string;
  readonly insecure?: boolean;
}

/** Adds the options for verifying the server's certificate. */
export function withTlsOptions(command: Command): Command {
  return command
    .option('--ca <file>', 'PEM file of the CA certificates to trust (default: those of Node.js)')
    .option('--insecure', "skip verification of the server's certificate");
}

/**
 * Returns the TLS options from the flags.
 *
 * @throws CommandFailure if the CA file cannot be read
 */
export function tlsOptions({ ca, insecure }: TlsFlags): TlsOptions {
  try {
    return { ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }), rejectUnauthorized: !insecure };
  } catch (error) {
    throw new CommandFailure(
      'CA_UNREADABLE',
      `--ca ${ca} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a PEM file of CA certificates.`,
    );
  }
}
