import { TokenizedText } from '../../explain/text-tokens.js';
import type { Manifest } from '../../manifest/index.js';
import type { ServedModel } from '../../models/served-model.js';
import { RegionedPicture } from '../../tasks/images/picture-regions.js';
import { invalid } from '../../tensor/errors.js';
import { DEFAULT_PERMUTATIONS } from './explain-request.js';

/** Instance whose parts can be absent: a text of tokens, or a picture of regions. */
export interface PartedInstance {
  /** Descriptions of the parts for the response. */
  readonly parts: readonly object[];
  /** Returns the instance with only those parts for which `present` has a number other than 0. */
  with(present: Float64Array): Buffer | Promise<Buffer>;
}

/** Kind of parts that the instances of a task have. */
export interface PartKind {
  /** Member of the response that lists the parts. */
  readonly name: 'tokens' | 'regions';
  /** Number of runs for an instance, from which the number of sampled orders is derived. */
  readonly runs: number;
  /** Number of changed instances in one request to the model. */
  readonly perCall: number;
  /** @throws InferenceError `INVALID_ARGUMENT` for an instance that has no parts or cannot be read */
  read(model: ServedModel, instance: Buffer): Promise<PartedInstance>;
}

const TOKENS: PartKind = {
  name: 'tokens',
  runs: 1024,
  perCall: 64,
  async read({ tokens }, instance) {
    const text = instance.toString();
    const [own = []] = await tokens!.tokenize([text], false);
    const tokenized = new TokenizedText(text, own);
    if (tokenized.parts.length === 0) throw invalid('a text has no tokens, so that nothing can be explained');
    return tokenized;
  },
};

const REGIONS: PartKind = {
  name: 'regions',
  // Each run decodes a picture.
  runs: 200,
  // Each changed picture is in memory with all its pixels.
  perCall: 4,
  read: (_, instance) => RegionedPicture.decode(instance),
};

/** Returns the kind of parts that a task is explained by. Undefined for tasks whose outputs are not scores of classes. */
export function partKind(task: Manifest['task']): PartKind | undefined {
  if (task?.type === 'text_classification') return TOKENS;
  return task?.type === 'image_classification' ? REGIONS : undefined;
}

/** Returns how many orders are sampled if the request names no number. */
export function defaultPermutations({ runs }: PartKind, parts: number): number {
  return Math.max(1, Math.min(DEFAULT_PERMUTATIONS, Math.floor(runs / (2 * (parts + 1)))));
}
