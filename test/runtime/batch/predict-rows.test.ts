import { describe, expect, test } from 'vitest';
import { predictRows } from '../../../runtime/src/batch/predict-rows.js';
import type { HttpRequest, HttpResponse } from '../../../runtime/src/http/http.js';

const rows = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const json = (status: number, body: object): HttpResponse => ({ status, headers: {}, body: JSON.stringify(body) });

/** A model that doubles numbers, after the statuses that are given. */
function doubling(...statuses: number[]) {
  const bodies: string[] = [];
  const handle = async ({ body }: HttpRequest): Promise<HttpResponse> => {
    bodies.push(body.toString());
    const status = statuses.shift();
    if (status !== undefined) return json(status, { error: 'not now' });
    const values = body.toString().trim().split(/\s+/).map(Number);
    if (values.some(Number.isNaN)) return json(400, { error: 'a row is not a number' });
    return { status: 200, headers: {}, body: values.map((value) => `${2 * value}\n`).join('') };
  };
  return { bodies, handle };
}

describe('rows of a request', () => {
  test('are predicted in their order', async () => {
    const { handle, bodies } = doubling();
    expect(await predictRows(handle, rows('1', '2', '3'))).toEqual(
      ['2', '4', '6'].map((prediction) => ({ prediction })),
    );
    expect(bodies).toEqual(['1\n2\n3\n']);
  });

  test('fail alone if they are wrong', async () => {
    const wrong = { error: '400: a row is not a number' };
    expect(await predictRows(doubling().handle, rows('1', 'x', '3', '4', 'y'))).toEqual([
      { prediction: '2' },
      wrong,
      { prediction: '6' },
      { prediction: '8' },
      wrong,
    ]);
  });

  test('fail if one line holds several, so that the others keep their places', async () => {
    expect(await predictRows(doubling().handle, rows('1', '2 3', '4'))).toEqual([
      { prediction: '2' },
      { error: 'the line has 2 predictions; one row per line is supported' },
      { prediction: '8' },
    ]);
  });

  test.each([408, 429, 500, 503, 504])('are sent again after %i', async (status) => {
    const { handle, bodies } = doubling(status, status);
    expect(await predictRows(handle, rows('1'), 1)).toEqual([{ prediction: '2' }]);
    expect(bodies).toHaveLength(3);
  });

  test('fail together, with the cause, if the model does not recover', async () => {
    const { handle, bodies } = doubling(...Array<number>(100).fill(503));
    expect(await predictRows(handle, rows('1', '2'), 1)).toEqual([
      { error: '503: not now' },
      { error: '503: not now' },
    ]);
    expect(bodies).toHaveLength(5);
  });
});
