import type { Readable } from 'node:stream';

/** Maximum characters kept of a line, so that a model that never ends a line fills neither memory nor the log. */
export const MAX_LINE = 4096;

/** Passes each line of a stream to `onLine`, truncated to the limit. */
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
