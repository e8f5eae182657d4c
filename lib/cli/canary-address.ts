import { readFileSync } from 'node:fs';
import type { CanaryAddress } from '../serving/canary-address.js';
import { CommandFailure } from './failure.js';
import { isPackage } from './predictor.js';

/** Name of the output with the address of the new version. */
const OUTPUT = 'canary';

/**
 * Returns the address of the new version: `target` if it is a URL, or else the output `canary` in the file `target`, which
 * `cdktf deploy --outputs-file`, `cdk deploy --outputs-file` or `terraform output -json` wrote.
 *
 * @throws CommandFailure if the file does not have exactly one such output
 */
export function canaryAddress(target: string): CanaryAddress {
  if (!isPackage(target)) return { url: target };
  const invalid = (reason: string) =>
    new CommandFailure(
      'OUTPUTS_INVALID',
      `${target} ${reason}. Give a URL, or the JSON file of outputs that the deploy command writes, with an output ` +
        `\`${OUTPUT}\` such as { "url": "https://…" }.`,
    );
  let outputs: unknown;
  try {
    outputs = JSON.parse(readFileSync(target, 'utf8'));
  } catch (error) {
    throw invalid(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'not JSON'})`);
  }
  const found = [...outputsOf(outputs)];
  if (found.length !== 1) throw invalid(`has ${found.length} outputs \`${OUTPUT}\``);
  const [address] = found;
  const { url, headers = {} } = typeof address === 'string' ? { url: address } : ((address ?? {}) as CanaryAddress);
  if (typeof url !== 'string' || !Object.values(headers).every((value) => typeof value === 'string')) {
    throw invalid(`has an output \`${OUTPUT}\` without a URL`);
  }
  return { url, headers };
}

/** Yields the values of the output in a document of outputs, which tools nest by stack, and wrap with their type. */
function* outputsOf(document: unknown): Generator<unknown> {
  if (document === null || typeof document !== 'object') return;
  for (const [name, value] of Object.entries(document)) {
    if (name !== OUTPUT) yield* outputsOf(value);
    else yield value !== null && typeof value === 'object' && 'value' in value ? value.value : value;
  }
}
