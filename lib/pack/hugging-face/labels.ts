import type { Json } from '../json-file.js';

/** Returns `count` labels by their index in `names`. Transformers calls those without a name `LABEL_0`, `LABEL_1` and so on. */
export function labelList(names: Json, count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(names[index] ?? `LABEL_${index}`));
}
