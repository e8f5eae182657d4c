import type { HttpResponse } from '../../http/http.js';
import { JsonWriter } from '../../tensor/json/index.js';
import type { Cancellation } from '../../tensor/request.js';
import { checkCount, rerank } from '../text/calls.js';
import type { Fields } from '../text/fields.js';
import { rankingOf } from '../text/ranking.js';
import type { TaskModel } from '../text/task-model.js';
import { textResponseOf } from '../text/usage.js';
import { rankOptions } from './options.js';

/** Ranks `texts` by how well they match `query`, the best first. @throws InferenceError */
export async function rankTexts(
  model: TaskModel<'rerank'>,
  fields: Fields,
  signal?: Cancellation,
): Promise<HttpResponse> {
  const query = fields.required('query', fields.string('query'));
  const texts = fields.required('texts', fields.strings('texts'));
  const returnsText = fields.boolean('return_text') ?? false;
  checkCount(texts, 'texts');
  const { scores, usage } = await rerank(
    model,
    texts.map(() => query),
    texts,
    { ...rankOptions(fields), signal },
  );
  const writer = new JsonWriter();
  for (const [position, { index, score }] of rankingOf(scores).entries()) {
    writer.raw(position > 0 ? ',{"index":' : '[{"index":');
    writer.integer(index);
    if (returnsText) {
      writer.raw(',"text":');
      writer.string(texts[index]!);
    }
    writer.raw(',"score":');
    writer.decimal(score, true);
    writer.raw('}');
  }
  writer.raw(']');
  return textResponseOf(writer.finish(), usage);
}
