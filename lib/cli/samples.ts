import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLES_FILE } from '@modelship/runtime/manifest';
import { type Command, Option } from 'commander';
import { parseSampleRequests, readSampleRequests, type SampleRequest } from '../pack/index.js';
import { CommandFailure } from './failure.js';

export interface SampleFlags {
  readonly data?: string;
  readonly samples?: string;
}

/** Adds the options of commands that take requests. `fallback` describes the default source of requests. */
export function withSampleOptions(command: Command, fallback: string): Command {
  return command
    .option('-s, --samples <file>', `JSON file of requests, or the samples.json of a package (default: ${fallback})`)
    .addOption(new Option('-d, --data <json>', 'requests as JSON text').conflicts('samples'));
}

/**
 * Reads the requests from the flags, or else the golden samples of the package in `directory`.
 *
 * @throws CommandFailure or ModelPackageError
 */
export function sampleRequests(flags: SampleFlags, directory: string | undefined): SampleRequest[] {
  if (flags.data !== undefined) return parseSampleRequests(inlineData(flags.data), '--data');
  const file = flags.samples ?? (directory === undefined ? undefined : join(directory, SAMPLES_FILE));
  if (file !== undefined) return readSampleRequests(file);
  throw new CommandFailure(
    'NO_DATA',
    'a server has no samples: give a file with --samples, or the package it serves with --package.',
  );
}

/**
 * Returns `data`.
 *
 * @throws CommandFailure if `data` is the name of a file
 */
export function inlineData(data: string): string {
  if (!existsSync(data)) return data;
  throw new CommandFailure('DATA_INVALID', `--data takes JSON, and ${data} is a file. Read it with --samples ${data}.`);
}
