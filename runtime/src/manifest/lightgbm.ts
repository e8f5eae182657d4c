import type { FileBytes } from './file-bytes.js';

/** Bytes that the text before the trees, and that after them, may take: names of a hundred thousand columns and their categories. */
const MAX_TEXT = 32 * 1024 * 1024;

/** Whether a file starts as the text that LightGBM's `save_model` writes. */
export function isLightgbm(head: Buffer): boolean {
  return /^tree\r?\nversion=v\d/.test(head.toString('latin1', 0, 32));
}

/**
 * Whether the text is as LightGBM wrote it, which itself reads what is cut off as a smaller model, or beyond its memory:
 * the header says how long each tree is, and the parameters and the categories of pandas follow.
 */
export function isWholeLightgbm(file: FileBytes): boolean {
  const start = file.read(0, MAX_TEXT).toString('latin1');
  const sizes = /\ntree_sizes=([\d ]*)\n\n/.exec(start);
  if (!sizes) return false;
  const treesEnd = sizes[1]!.split(' ').reduce((sum, size) => sum + Number(size), sizes.index + sizes[0].length);
  const rest = file.read(treesEnd, MAX_TEXT).toString('utf8');
  const [, after] = /^\s*end of trees\n[\s\S]*\nend of parameters\n([\s\S]*)$/.exec(rest) ?? [];
  if (after === undefined) return false;
  const [, categories] = /^\s*(?:pandas_categorical:(.*)\s*)?$/.exec(after) ?? [];
  return after.trim() === '' || (categories !== undefined && isJson(categories));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
