import { describe, expect, it } from 'vitest';
import { catalog, halfPlusTwo, model, sender } from './support.js';

const send = sender(catalog([halfPlusTwo]));
const PREDICT = '/v1/models/half_plus_two:predict';
const event = {
  specversion: '1.0',
  id: '36077800-0c23-4f38-a0b4-01f4369f670a',
  source: 'https://example.com/event-producer',
  type: 'com.example.sampletype1',
};
const data = { instances: [1, 2] };
const asHeaders = (attributes: object) =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]));
const structured = (body: object | string, type = 'application/cloudevents+json') =>
  send('POST', PREDICT, body, { headers: { 'content-type': type } });
const binary = (attributes: object, body: object = data) =>
  send('POST', PREDICT, body, { headers: { 'content-type': 'application/json', ...asHeaders(attributes) } });

describe('a CloudEvent', () => {
  it.each(['application/cloudevents+json', 'application/cloudevents+json; charset=utf-8'])(
    'in one document is answered by one, as %s',
    async (type) => {
      const response = await structured({ ...event, time: '2026-11-24T00:00:00Z', data }, type);
      expect(response.status).toBe(200);
      expect(response.headers['content-type']).toBe('application/cloudevents+json');
      expect(response.json()).toEqual({
        specversion: '1.0',
        id: expect.not.stringMatching(event.id),
        source: 'io.kserve.inference.half_plus_two',
        type: 'io.kserve.inference.response',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        datacontenttype: 'application/json',
        data: { predictions: [2.5, 3] },
      });
    },
  );

  it('with its attributes in headers is answered by such', async () => {
    const response = await binary(event);
    expect(response.json()).toEqual({ predictions: [2.5, 3] });
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-source': 'io.kserve.inference.half_plus_two',
      'ce-type': 'io.kserve.inference.response',
      'ce-id': expect.any(String),
    });
  });

  it('may carry its data in base64', async () => {
    const encoded = Buffer.from(JSON.stringify(data)).toString('base64');
    const { data: answer } = (await structured({ ...event, data_base64: encoded })).json() as { data: object };
    expect(answer).toEqual({ predictions: [2.5, 3] });
  });

  it('keeps the digits of its data', async () => {
    const echo = model({
      inputs: [{ name: 'x', datatype: 'INT64', shape: [-1] }],
      compute: ([x]) => [{ ...x!, name: 'y' }],
    });
    const body = `${JSON.stringify(event).slice(0, -1)},"data":{"instances":[9007199254740993]}}`;
    const response = await sender(catalog([echo]))('POST', PREDICT, body, {
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(response.text).toContain('9007199254740993');
  });

  it('may ask for explanations', async () => {
    const table = model({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      compute: ([x]) => [{ ...x!, name: 'y' }],
    });
    const ask = sender(catalog([table]));
    const body = { ...event, data: { instances: [[1]] } };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const { data: answer } = (await ask('POST', '/v1/models/half_plus_two:explain', body, { headers })).json() as {
      data: object;
    };
    expect(answer).toMatchObject({ explanations: [{ base_values: [0], shap_values: [[1]] }] });
  });

  it.each<[object | string, string]>([
    ['', 'must be a JSON object'],
    ['[]', 'must be a JSON object'],
    [{ ...event, id: undefined, data }, 'the CloudEvent has no id'],
    [{ ...event, source: '', data }, 'the CloudEvent has no source'],
    [{ ...event, type: 1, data }, 'the CloudEvent has no type'],
    [{ ...event, specversion: '2.0', data }, 'is of version 2.0: 1.0 and 0.3 are supported'],
    [event, 'the CloudEvent has no data'],
    [{ ...event, data, data_base64: 'e30=' }, 'both data and data_base64'],
    [{ ...event, data_base64: '*' }, 'Unable to base64 decode'],
    [`${JSON.stringify({ ...event, data })}x`, 'must not be followed by other values'],
    [{ ...event, data: { instances: ['x'] } }, 'not of expected type'],
  ])('that is %j is refused', async (body, message) => {
    const response = await structured(body);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
  });

  it.each(['id', 'source', 'type'] as const)('without the header ce-%s is refused', async (name) => {
    const { [name]: _, ...others } = event;
    const response = await binary(others);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: `the CloudEvent has no header ce-${name}` });
  });
});
