import type { Command } from 'commander';

/**
 * Fails as commander does if one of the options is missing. Commander checks its own required options before unknown ones,
 * and would hide that `--nmae` is misspelled.
 */
export function requireOptions(command: Command, ...names: string[]): void {
  for (const { long, flags } of command.options) {
    if (names.includes(long!.slice(2)) && command.opts()[long!.slice(2)] === undefined) {
      command.error(`error: required option '${flags}' not specified`);
    }
  }
}
