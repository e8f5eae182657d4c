import { expect, test } from 'vitest';
import { type RestEvent, requestOf } from '../../../runtime/src/platforms/lambda-events.js';

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
