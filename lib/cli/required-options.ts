import type { Command } from 'commander';

/**
 * Fails with commander's error if one of the options is missing. Commander would check its own required options before
 * unknown ones, and hide that `--nmae` is misspelled.
 */
export function requireOptions(command: Command, ...names: string[]): void {
  for (const { long, flags } of command.options) {
    if (names.includes(long!.slice(2)) && command.opts()[long!.slice(2)] === undefined) {
      command.error(`error: required option '${flags}' not specified`);
    }
  }
}
