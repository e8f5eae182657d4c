import type { Tensor } from '@modelship/runtime';
import { IMAGE_INPUT } from '@modelship/runtime/manifest';
import type { Perturbation } from './perturbation.js';

/** Rows of letters on a keyboard. */
const KEYBOARD = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Words that can have a typo. */
export const WORD = /\p{L}{2,}/gu;

/** Typos that keep the length of a text, so that the places of its entities stay right. */
export const TYPOS: Perturbation = {
  name: 'typos',
  unit: 'share of the words',
  levels: [0.05, 0.1, 0.2, 0.4],
  appliesTo: ({ datatype, name }) => datatype === 'BYTES' && name !== IMAGE_INPUT,
  apply: (tensor, { level, random }) => ({
    ...tensor,
    data: (tensor.data as Buffer[]).map((text) =>
      Buffer.from(String(text).replace(WORD, (word) => (random() < level ? withTypo(word, random) : word))),
    ) satisfies Tensor['data'],
  }),
};

/** Swaps two letters of a word, or hits the key beside one. */
export function withTypo(word: string, random: () => number): string {
  const letters = [...word];
  const place = Math.floor(random() * (letters.length - 1));
  const [letter, next] = [letters[place]!, letters[place + 1]!];
  const beside = besideOnKeyboard(letter, random);
  if (beside === undefined || (random() < 0.5 && letter !== next)) {
    letters[place] = next;
    letters[place + 1] = letter;
  } else letters[place] = beside;
  return letters.join('');
}

function besideOnKeyboard(letter: string, random: () => number): string | undefined {
  const lower = letter.toLowerCase();
  const row = KEYBOARD.find((each) => each.includes(lower));
  if (row === undefined) return undefined;
  const place = row.indexOf(lower);
  const beside = place === 0 || (place < row.length - 1 && random() < 0.5) ? row[place + 1]! : row[place - 1]!;
  return letter === lower ? beside : beside.toUpperCase();
}
