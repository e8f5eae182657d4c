/** Returns the name that the user most likely meant by `name`. Undefined if none is similar. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, edits: edits(name.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  if (best && best.edits <= Math.max(2, Math.floor(name.length / 3))) return best.each;
  // `timeout` for `timeoutSeconds`, `imageSource` for `image`.
  const [related] = known.filter((each) => isPrefix(each, name) || isPrefix(name, each));
  return related;
}

function isPrefix(start: string, whole: string): boolean {
  return start.length > 2 && whole.toLowerCase().startsWith(start.toLowerCase());
}

/** Levenshtein distance: the number of characters to insert, delete or replace. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, char] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (char === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}
