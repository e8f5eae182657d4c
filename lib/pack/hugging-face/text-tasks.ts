import type { TextTask } from '@modelship/runtime/manifest';

/** Name of a task. */
export type TaskType = TextTask['type'];

/** Tasks that `pack` makes of a folder of Hugging Face. */
export const TEXT_TASKS: readonly TaskType[] = [
  'embed',
  'rerank',
  'text_classification',
  'token_classification',
  'zero_shot_classification',
  'question_answering',
  'fill_mask',
];
