import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../runtime/src/http/http.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { answerQueue, type QueueMessage } from '../../../runtime/src/platforms/lambda-queue.js';

// Where answers are written is played by test/contract/lambda-queue.test.ts; here nothing gets that far.
const message = (messageId: string, attributes: Record<string, string> = {}): QueueMessage => ({
  messageId,
  body: `body of ${messageId}`,
  messageAttributes: Object.fromEntries(
    Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
  ),
});

let lines: string[];
const logger = new Logger('info', (line) => lines.push(line));

function answer(messages: QueueMessage[], handle: (request: HttpRequest) => HttpResponse) {
  return answerQueue(
    { Records: messages },
    { handle: async (request) => handle(request), defaultPath: '/v1/models/iris:predict', logger },
  );
}

const status = (code: number): HttpResponse => ({ status: code, headers: {}, body: '' });

beforeEach(() => {
  lines = [];
  vi.stubEnv('MODELSHIP_RESULTS', 'https://web.example/no-place-to-write/');
});
afterEach(() => vi.unstubAllEnvs());

describe('messages of a queue', () => {
  it.each([408, 429, 500, 502, 503, 504])('come again after %d', async (code) => {
    expect(await answer([message('a')], () => status(code))).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] });
    expect(lines.join()).toContain(`"status":${code}`);
  });

  it('come again if their answer cannot be written, or there is none', async () => {
    const failures = await answer([message('a'), message('b')], ({ body }) => {
      if (body.toString() === 'body of a') throw new Error('no answer');
      return status(200);
    });
    expect(failures.batchItemFailures).toEqual([{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }]);
  });

  it('ask the path that they name, by the headers that they name', async () => {
    const asked: HttpRequest[] = [];
    await answer(
      [message('a'), message('b', { Path: '/v2/models/iris/infer', 'Content-Type': 'text/csv' })],
      (request) => {
        asked.push(request);
        return status(503);
      },
    );
    expect(asked.map(({ method, path, headers, body }) => [method, path, headers, body.toString()])).toEqual([
      ['POST', '/v1/models/iris:predict', { 'content-type': 'application/json' }, 'body of a'],
      ['POST', '/v2/models/iris/infer', { 'content-type': 'text/csv' }, 'body of b'],
    ]);
  });

  it('are all left where no place for answers is set', async () => {
    vi.stubEnv('MODELSHIP_RESULTS', '');
    await expect(answer([message('a')], () => status(200))).rejects.toThrow(/MODELSHIP_RESULTS must be set/);
  });

  it('are not logged', async () => {
    await answer([message('a', { Authorization: 'secret' })], () => status(500));
    expect(lines.join()).not.toMatch(/body of|secret/);
  });
});
