import type { TextTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';

/**
 * Returns the text that is put before each text of a request.
 *
 * @param name name of a prompt. @default - the default prompt of the package, or none
 * @throws InferenceError `INVALID_ARGUMENT` if the package has no such prompt
 */
export function promptOf(task: TextTask, name?: string): string {
  const { prompts = {}, defaultPrompt } = task.type === 'embed' ? task : {};
  const chosen = name ?? defaultPrompt;
  if (chosen === undefined) return '';
  if (Object.hasOwn(prompts, chosen)) return prompts[chosen]!;
  const names = Object.keys(prompts).join(', ') || 'it has none';
  throw invalid(`${JSON.stringify(chosen)} is not a prompt of the model (${names})`);
}
