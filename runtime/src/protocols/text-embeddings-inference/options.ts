import type { TextOptions } from '../../tensor/request.js';
import type { Fields } from '../text/fields.js';

/** Side from which tokens are removed, in both spellings that text-embeddings-inference accepts. */
const DIRECTIONS = ['right', 'left', 'Right', 'Left'] as const;

/** Reads the options that all calls share. */
export function textOptions(fields: Fields): TextOptions {
  const direction = fields.choice('truncation_direction', DIRECTIONS);
  return {
    truncate: fields.boolean('truncate'),
    truncationSide: direction?.toLowerCase() as 'left' | 'right' | undefined,
  };
}

/** Reads the options of calls that turn texts into vectors. */
export function embedOptions(fields: Fields): TextOptions {
  return { ...textOptions(fields), promptName: fields.string('prompt_name') };
}

/**
 * Reads the options of calls that rank texts. Scores are between 0 and 1 whatever the package declares, as in
 * text-embeddings-inference.
 */
export function rankOptions(fields: Fields): TextOptions {
  return { ...textOptions(fields), activation: fields.boolean('raw_scores') ? 'none' : 'sigmoid' };
}

/** Reads the options of calls that classify. */
export function classifyOptions(fields: Fields): TextOptions {
  return { ...textOptions(fields), activation: fields.boolean('raw_scores') ? 'none' : undefined };
}
