import type { Readable } from 'node:stream';

/** Characters of a line that are kept: a model that never ends a line must not fill the memory or the log. */
export const MAX_LINE = 4096;

/** Hands over each line of a stream, without what it has beyond the limit. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let line = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    for (const [index, piece] of text.split('\n').entries()) {
      if (index > 0) {
        onLine(line);
        line = '';
      }
      line += piece.slice(0, MAX_LINE - line.length);
    }
  });
  stream.on('end', () => {
    if (line) onLine(line);
  });
}
