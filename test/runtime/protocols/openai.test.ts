import { describe, expect, it } from 'vitest';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { catalog, halfPlusTwo, sender } from './support.js';
import { classifier, embedder } from './text-models.js';

const serve = (...models: ServedModel[]) => sender(catalog(models));

describe('/v1/embeddings', () => {
  it('returns vectors of length 1 as numbers', async () => {
    const send = serve(embedder());
    const answer = await send('POST', '/v1/embeddings', { input: ['good good film', 'bad'], model: 'any' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [expect.closeTo(2 / Math.sqrt(5), 6), 0, expect.any(Number)] },
        { object: 'embedding', index: 1, embedding: [0, 1, 0] },
      ],
      model: 'words',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
  });

  it('returns them as base64 of 32-bit numbers, and with fewer dimensions', async () => {
    const model = embedder();
    const request = { input: 'good film', model: 'words', encoding_format: 'base64', dimensions: 2 };
    const { data } = (await serve(model)('POST', '/v1/embeddings', request)).json() as {
      data: { embedding: string }[];
    };
    const bytes = Buffer.from(data[0]!.embedding, 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.length]).toEqual([1, 0, 8]);
    expect(model.requests[0]!.text).toMatchObject({ dimensions: 2, normalize: true });
  });

  it.each([
    [{}, 400, '`input` is missing'],
    [{ input: '', encoding_format: 'hex' }, 400, '`encoding_format` must be float or base64, got "hex"'],
    [{ input: [] }, 400, '`input` must not be empty'],
    [{ input: [[1, 2]] }, 400, 'Token ids are not supported: with LangChain, set `check_embedding_ctx_length=False`'],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 413, 'at most 2048 texts'],
  ])('rejects %j in the form of OpenAI', async (body, status, message) => {
    const answer = await serve(embedder())('POST', '/v1/embeddings', body);
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({
      error: { message: expect.stringContaining(message), type: 'invalid_request_error', param: null, code: null },
    });
  });

  it('names the models if it must choose between several', async () => {
    const send = serve(embedder('first'), embedder('second'));
    const chosen = await send('POST', '/v1/embeddings', { input: 'a', model: 'second' });
    expect(chosen.json()).toMatchObject({ model: 'second' });
    const unknown = await send('POST', '/v1/embeddings', { input: 'a', model: 'gpt' });
    expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining('must be one of first, second')]);
  });
});

describe('/v1/models', () => {
  it('lists the models with a task as OpenAI does', async () => {
    const answer = await serve(embedder(), halfPlusTwo, classifier())('GET', '/v1/models');
    expect(answer.json()).toEqual({
      object: 'list',
      data: ['words', 'mood'].map((id) => ({ id, object: 'model', created: 0, owned_by: 'modelship' })),
    });
  });

  it('responds as before if no model has a task', async () => {
    const answer = await serve(halfPlusTwo)('GET', '/v1/models');
    expect([answer.status, answer.json()]).toEqual([400, { error: 'Missing model name in request.' }]);
    const kserve = sender(catalog([halfPlusTwo]), { kserveStatus: true });
    expect((await kserve('GET', '/v1/models')).json()).toEqual({ models: ['half_plus_two'] });
    const status = await serve(embedder())('GET', '/v1/models/words');
    expect(status.json()).toMatchObject({ model_version_status: [{ state: 'AVAILABLE' }] });
  });
});
