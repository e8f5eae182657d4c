import type { FileBytes } from './file-bytes.js';

/**
 * Maximum bytes of the text before the trees, and of the text after them. It suffices for the names and categories of
 * 100,000 columns.
 */
const MAX_TEXT = 32 * 1024 * 1024;

/** Whether a file starts like the text that LightGBM's `save_model` writes. */
export function isLightgbm(head: Buffer): boolean {
  return /^tree\r?\nversion=v\d/.test(head.toString('latin1', 0, 32));
}

/**
 * Whether the text is complete. LightGBM itself loads a truncated file as a smaller model, or reads beyond its memory.
 * The header declares the size of each tree, and the parameters and pandas categories follow the trees.
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
