/** Quotes `word` for a shell if it holds more than letters, digits and the punctuation of paths. */
export function shellWord(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
