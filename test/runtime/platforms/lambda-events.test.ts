import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  type HttpApiEvent,
  lambdaResponseOf,
  type RestEvent,
  requestOf,
} from '../../../runtime/src/platforms/lambda-events.js';

const query = (event: Partial<RestEvent>) => requestOf({ httpMethod: 'GET', path: '/', ...event }).query;

test('a REST API gives every value of a name that came more than once, decoded', () => {
  expect(
    query({
      queryStringParameters: { tag: 'b', 'a b': 'c&d' },
      multiValueQueryStringParameters: { tag: ['a', 'b'], 'a b': ['c&d'] },
    }),
  ).toBe('tag=a&tag=b&a%20b=c%26d');
});

test('a load balancer gives names and values as they came', () => {
  const requestContext = {
    elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a' },
  };
  expect(query({ requestContext, queryStringParameters: { 'a%20b': 'c%26d' } })).toBe('a%20b=c%26d');
  expect(query({ requestContext, multiValueQueryStringParameters: { tag: ['a%20b', 'c'] } })).toBe('tag=a%20b&tag=c');
});

test('a parameter without a value is still one, and no parameters are none', () => {
  expect(query({ queryStringParameters: { verbose: undefined } })).toBe('verbose=');
  expect(query({ queryStringParameters: null, multiValueQueryStringParameters: null })).toBe('');
  expect(query({})).toBe('');
});

describe('a packed body', () => {
  const packed = gzipSync('{"instances": []}');
  const base64 = { body: packed.toString('base64'), isBase64Encoded: true };
  const headers = { 'Content-Encoding': 'gzip' };

  test.each([
    ['text', { body: '{"instances": []}', isBase64Encoded: false }],
    ['bytes', { body: Buffer.from('{"instances": []}').toString('base64'), isBase64Encoded: true }],
  ])('comes from a REST API unpacked, as %s, and is not unpacked again', (_, event) => {
    const multiValueHeaders = { 'Content-Encoding': ['gzip'], 'Content-Type': ['application/json'] };
    const request = requestOf({ httpMethod: 'POST', path: '/', headers, multiValueHeaders, ...event });
    expect(request.body.toString()).toBe('{"instances": []}');
    expect(request.headers).toEqual({ 'content-type': 'application/json' });
  });

  test('comes from a load balancer as it is', () => {
    const requestContext = { elb: {} };
    const request = requestOf({ httpMethod: 'POST', path: '/', requestContext, headers, ...base64 });
    expect(request.body).toEqual(packed);
    expect(request.headers).toEqual({ 'content-encoding': 'gzip' });
  });

  test('comes from an HTTP API and a function URL as it is', () => {
    const event: HttpApiEvent = {
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      headers,
      requestContext: { http: { method: 'POST' } },
      ...base64,
    };
    const request = requestOf(event);
    expect(request.body).toEqual(packed);
    expect(request.headers).toEqual({ 'content-encoding': 'gzip' });
  });
});

describe('a response', () => {
  const response = { status: 200, headers: { 'content-type': 'application/json', 'retry-after': '1' }, body: '{}' };
  const elb = { requestContext: { elb: {} } };
  const rest = { httpMethod: 'GET', path: '/' };

  // A load balancer whose target group has multi-value headers enabled ignores `headers`, and the other way round.
  test.each<[string, RestEvent, 'headers' | 'multiValueHeaders']>([
    ['a load balancer with multi-value headers', { ...rest, ...elb, multiValueHeaders: {} }, 'multiValueHeaders'],
    ['a load balancer without', { ...rest, ...elb, headers: {} }, 'headers'],
    ['a REST API, whose events have both', { ...rest, headers: {}, multiValueHeaders: {} }, 'headers'],
  ])('to %s has its headers', (_, event, key) => {
    const { headers, multiValueHeaders } = lambdaResponseOf(response, event);
    const lists = { 'content-type': ['application/json'], 'retry-after': ['1'] };
    expect({ headers, multiValueHeaders }).toEqual({
      headers: undefined,
      multiValueHeaders: undefined,
      [key]: key === 'headers' ? response.headers : lists,
    });
  });
});

describe('the base path of a custom domain is no part of the path', () => {
  const proxy = 'v1/models/iris:predict';
  const httpApi = (event: Partial<HttpApiEvent>) =>
    requestOf({
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      headers: {},
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST' } },
      ...event,
    }).path;
  const restApi = (event: Partial<RestEvent>) => requestOf({ httpMethod: 'POST', path: '/', ...event }).path;

  test.each<[string, string, string]>([
    ['a REST API', restApi({ path: `/ml/${proxy}`, resource: '/{proxy+}', pathParameters: { proxy } }), `/${proxy}`],
    [
      'a resource of its own',
      restApi({ path: `/ml/${proxy}`, resource: `/${proxy}`, pathParameters: null }),
      `/${proxy}`,
    ],
    ['the root', restApi({ path: '/ml', resource: '/', pathParameters: null }), '/'],
    [
      'an HTTP API',
      httpApi({ rawPath: `/ml/${proxy}`, routeKey: 'ANY /{proxy+}', pathParameters: { proxy } }),
      `/${proxy}`,
    ],
    [
      'an HTTP API with a stage in the path',
      httpApi({
        rawPath: `/prod/${proxy}`,
        routeKey: 'ANY /{proxy+}',
        pathParameters: { proxy },
        requestContext: { stage: 'prod', http: { method: 'POST' } },
      }),
      `/${proxy}`,
    ],
    ['the root of an HTTP API', httpApi({ rawPath: '/ml', routeKey: 'ANY /' }), '/'],
    ['a function URL, which has none', httpApi({ rawPath: `/ml/${proxy}`, routeKey: '$default' }), `/ml/${proxy}`],
    ['a load balancer, which has none', restApi({ path: `/ml/${proxy}`, requestContext: { elb: {} } }), `/ml/${proxy}`],
    [
      'a path that API Gateway writes in another way than its parameter',
      restApi({ path: '/v1/models/a%20b', resource: '/{proxy+}', pathParameters: { proxy: 'v1/models/a b' } }),
      '/v1/models/a%20b',
    ],
  ])('%s', (_, path, expected) => {
    expect(path).toBe(expected);
  });
});
