import { EvaluationDataError } from './metrics/compute.js';

/**
 * Splits CSV into records of fields, as RFC 4180 describes it: fields may be quoted, and quoted fields may contain
 * commas, line breaks and doubled quotes. Empty lines are skipped.
 *
 * @throws EvaluationDataError if a quoted field does not end
 */
export async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let record: string[] = [];
  let field = '';
  let isQuoted = false;
  let wasQuote = false;
  const endField = () => {
    record.push(field);
    field = '';
  };
  for await (const chunk of chunks) {
    for (const character of chunk) {
      if (isQuoted) {
        if (wasQuote && character === '"') {
          field += '"';
          wasQuote = false;
          continue;
        }
        if (!wasQuote) {
          if (character === '"') wasQuote = true;
          else field += character;
          continue;
        }
        isQuoted = false;
        wasQuote = false;
      }
      if (character === '"' && field === '') isQuoted = true;
      else if (character === ',') endField();
      else if (character === '\n') {
        if (field.endsWith('\r')) field = field.slice(0, -1);
        endField();
        if (record.length > 1 || record[0] !== '') yield record;
        record = [];
      } else field += character;
    }
  }
  if (isQuoted && !wasQuote) {
    throw new EvaluationDataError('the last quoted field has no closing quote. The file may have been cut off.');
  }
  endField();
  if (record.length > 1 || record[0] !== '') yield record;
}
