import type { HttpResponse } from '../../http/http.js';
import { promptOf } from '../../tasks/text/prompt.js';
import { invalid } from '../../tensor/errors.js';
import { jsonResponse } from '../responses.js';
import { checkCount } from '../text/calls.js';
import { excerpt, type Fields } from '../text/fields.js';
import type { TaskModel } from '../text/task-model.js';
import { textList } from '../text/text-list.js';
import { isIds } from './inputs.js';

/** Returns the tokens of texts. @throws InferenceError */
export async function tokenizeTexts(model: TaskModel, fields: Fields): Promise<HttpResponse> {
  const { texts } = textList(fields, 'inputs');
  const prompt = promptOf(model.manifest.task, fields.string('prompt_name'));
  const prompted = texts.map((text) => prompt + text);
  const tokens = await model.tokens!.tokenize(prompted, fields.boolean('add_special_tokens') ?? true);
  const written = tokens.map((list) =>
    list.map(({ id, text, special, start, end }) => ({
      id,
      text,
      special,
      start: special ? null : start,
      stop: special ? null : end,
    })),
  );
  return jsonResponse(JSON.stringify(written));
}

/** Returns the text of token ids. @throws InferenceError */
export async function decodeIds(model: TaskModel, fields: Fields): Promise<HttpResponse> {
  const ids = fields.required('ids', fields.get('ids'));
  const lists = isIds(ids) && ids.length > 0 ? [ids] : ids;
  if (!Array.isArray(lists) || !lists.every(isIds)) {
    throw invalid(`\`ids\` must be a list of token ids, or a list of such lists, got ${excerpt(ids)}`);
  }
  checkCount(lists, 'ids');
  const texts = await model.tokens!.decode(lists, fields.boolean('skip_special_tokens') ?? true);
  return jsonResponse(JSON.stringify(texts));
}
