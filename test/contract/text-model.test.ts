import { Ajv } from 'ajv';
import { afterEach, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { EMBEDDED, writeWordsPackage } from '../support/words-packages.js';
import type { Synthesized } from './aws-assets.js';
import { type Ask, TARGETS } from './targets.js';

// A model that reads texts, on each target: the server starts with what the template says, and responds to the clients
// of other servers on the routes that the target lets through.

const WORDS = Model.fromDirectory(writeWordsPackage('words_embed', { name: 'words' }));

let stop: () => Promise<unknown> = async () => {};
afterEach(() => stop());

const close = (vectors: readonly (readonly number[])[]) =>
  vectors.map((vector) => vector.map((value) => expect.closeTo(value, 5)));

/** Fails unless the form of Hugging Face's inference API gets the vectors of the golden sample. */
async function expectInputs(ask: Ask, path: string): Promise<void> {
  const { status, text } = await ask(path, { inputs: EMBEDDED.texts, parameters: { truncate: true } });
  expect([status, JSON.parse(text)]).toEqual([200, close(EMBEDDED.vectors)]);
}

/** Fails unless every route for texts responds. */
async function expectRoutes(ask: Ask): Promise<void> {
  const json = async (path: string, body?: object) => {
    const { status, text } = await ask(path, body);
    expect([path, status, status === 200 ? '' : text]).toEqual([path, 200, '']);
    return JSON.parse(text);
  };
  await expectInputs(ask, '/');
  await expectInputs(ask, '/invocations');
  const [first] = close(EMBEDDED.vectors);
  const [text] = EMBEDDED.texts;
  expect(await json('/embed', { inputs: text })).toEqual([first]);
  expect(await json('/models/words/embed', { inputs: text })).toEqual([first]);
  expect(await json('/v1/embeddings', { input: text, model: 'any' })).toMatchObject({ data: [{ embedding: first }] });
  expect(await json('/similarity', { inputs: { source_sentence: text, sentences: [text] } })).toEqual([
    expect.closeTo(1, 5),
  ]);
  expect((await json('/embed_all', { inputs: text }))[0]).toHaveLength(6);
  expect((await json('/tokenize', { inputs: text }))[0]).toHaveLength(6);
  expect(await json('/decode', { ids: [4, 5, 6, 8] })).toEqual([text]);
  expect(await json('/info')).toMatchObject({ model_id: 'words', model_sha: WORDS.digest });
  expect(await json('/v1/models')).toMatchObject({ data: [{ id: 'words' }] });
  expect(await json('/v1/models/words:predict', { instances: [text] })).toEqual({ predictions: [first] });
  const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }];
  expect(await json('/v2/models/words/infer', { inputs })).toMatchObject({ outputs: [{ data: first }] });
}

test.each(Object.entries(TARGETS))(
  '%s',
  async (_, start) => {
    const target = await start(WORDS);
    stop = () => target.stop();
    if (target.onlyPath === undefined) await expectRoutes(target.ask);
    else await expectInputs(target.ask, target.onlyPath);
    if (target.synthesized) expectChecked(target.synthesized);
  },
  900_000,
);

/** Fails unless API Gateway, which checks bodies on the routes of the model only, lets texts through. */
function expectChecked(synthesized: Synthesized): void {
  const ajv = new Ajv({ strict: false });
  const [text] = EMBEDDED.texts;
  const bodies: Record<string, object> = {
    Predict: { instances: [text] },
    Infer: { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }] },
  };
  for (const { Schema: schema } of synthesized.all('AWS::ApiGateway::Model')) {
    const { $schema, ...rules } = schema;
    expect(ajv.validate(rules, bodies[rules.title]), ajv.errorsText()).toBe(true);
  }
  const checked = synthesized.all('AWS::ApiGateway::Method').filter(({ RequestModels: models }) => models);
  expect(checked).toHaveLength(2);
}
