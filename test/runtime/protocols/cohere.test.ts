import { describe, expect, it } from 'vitest';
import { catalog, sender } from './support.js';
import { embedder, reranker } from './text-models.js';

const send = sender(catalog([reranker(), embedder()]));
const QUERY = 'good film';
const documents = ['bad', 'good film', { text: 'good', title: 'a title' }];
const score = (logit: number) => expect.closeTo(1 / (1 + Math.exp(-logit)), 6);

describe('ranking of documents', () => {
  it('returns the best `top_n`, without the documents in the second version of the API', async () => {
    const answer = await send('POST', '/v2/rerank', { model: 'any', query: QUERY, documents, top_n: 2 });
    expect(answer.json()).toMatchObject({
      id: expect.any(String),
      model: 'ranker',
      usage: { total_tokens: 22 },
    });
    expect(answer.json()).toHaveProperty('results', [
      { index: 1, relevance_score: score(2) },
      { index: 2, relevance_score: score(1) },
    ]);
  });

  it.each(['/v1/rerank', '/rerank', '/models/ranker/rerank'])(
    'returns the documents at %s, unless the request says otherwise',
    async (path) => {
      const whole = await send('POST', path, { query: QUERY, documents, top_n: 1 });
      expect(whole.json()).toHaveProperty('results', [
        { index: 1, relevance_score: score(2), document: { text: 'good film' } },
      ]);
      const short = await send('POST', path, { query: QUERY, documents, top_n: 1, return_documents: false });
      expect(short.json()).toHaveProperty('results', [{ index: 1, relevance_score: score(2) }]);
    },
  );

  it.each(['/v1/rerank', '/v2/rerank', '/rerank'])(
    'responds to `texts` as text-embeddings-inference at %s',
    async (path) => {
      const answer = await send('POST', path, { query: QUERY, texts: ['bad', 'good'] });
      expect(answer.json()).toEqual([
        { index: 1, score: score(1) },
        { index: 0, score: 0.5 },
      ]);
    },
  );

  it.each([
    [{ documents }, '`query` is missing'],
    [{ query: QUERY }, '`documents` is missing'],
    [{ query: QUERY, documents: [] }, '`documents` must not be empty'],
    [{ query: QUERY, documents: ['a', { title: 'a' }] }, '`documents[1]` must be a text or an object with `text`'],
    [{ query: QUERY, documents, top_n: 0 }, '`top_n` must be a whole number of at least 1'],
  ])('rejects %j', async (body, message) => {
    const answer = await send('POST', '/v2/rerank', body);
    expect([answer.status, answer.json()]).toEqual([400, { message: expect.stringContaining(message) }]);
  });
});
