import type { SampleRequest, SampleTensor } from '../sample-requests.js';
import type { TaskType } from './text-tasks.js';

/** Texts of different lengths and scripts that golden samples are made of, unless the user gives others. */
const TEXTS = [
  'The weather is lovely today.',
  "It's so sunny outside, isn't it?",
  'In Zürich and São Paulo, Ms. Müller paid €12.50 for coffee; 東京 was more expensive. Где находится вокзал?',
  'A package is a folder with the model, a manifest and golden samples. Every replica runs the samples before it takes ' +
    'requests, so that a different processor, a damaged file or a wrong version of a library is found before a caller ' +
    'sees its answers.',
] as const;

const QUERY = 'What is a package?';
const LABELS = ['weather', 'travel', 'software'];

/**
 * Returns requests for golden samples of a task, one for each text.
 *
 * @param mask token that stands for the mask, which takes the place of the second word, so that no limit removes it
 */
export function sampleTexts(type: TaskType, mask: string | undefined): SampleRequest[] {
  return TEXTS.map((text, index) => {
    const inputs = Object.entries(inputsOf(type, text, mask));
    return {
      place: `sample text ${index + 1}`,
      inputs: Object.fromEntries(inputs.map(([name, value]): [string, SampleTensor] => [name, { value, row: true }])),
    };
  });
}

function inputsOf(type: TaskType, text: string, mask: string | undefined): Record<string, unknown> {
  switch (type) {
    case 'rerank':
      return { query: QUERY, text };
    case 'question_answering':
      return { question: QUERY, context: text };
    case 'zero_shot_classification':
      return { text, labels: LABELS };
    case 'fill_mask':
      return { text: text.replace(/(?<=^\S+ )\S+/u, mask ?? '') };
    default:
      return { text };
  }
}
