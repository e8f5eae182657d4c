import { Annotations, App, Lazy, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { minimal } from './serverless-variants.js';
import { warningIds } from './warning-ids.js';

function warnings(minReplicas?: number, acknowledged?: string): string[] {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const model = new ServerlessModel(stack, 'Iris', { ...minimal, minReplicas });
  if (acknowledged) Annotations.of(model).acknowledgeWarning(acknowledged);
  return warningIds(stack);
}

test('warns of environments that are kept warm, and of nothing where none is', () => {
  expect(warnings()).toEqual([]);
  expect(warnings(0)).toEqual([]);
  expect(warnings(2)).toEqual(['modelship:provisionedConcurrency']);
  expect(warnings(Lazy.number({ produce: () => 2 }))).toEqual(['modelship:provisionedConcurrency']);
});

test('is silent once the warning is acknowledged', () => {
  expect(warnings(2, 'modelship:provisionedConcurrency')).toEqual([]);
});
