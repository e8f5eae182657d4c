import { expect, test, vi } from 'vitest';
import { ARM_SCHEMAS, schemaFaults } from './arm-schemas.js';
import { CASES } from './cases.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const sent = CASES.flatMap(({ name, synthesize }) =>
  synthesize()
    .arm()
    .filter(({ body }) => body)
    .map(({ type, body }) => ({ name, type, body })),
);

test.each(sent)('$name sends what the published schema of $type allows', ({ type, body }) => {
  expect(ARM_SCHEMAS[type]).toBeDefined();
  expect(schemaFaults(body, ARM_SCHEMAS[type]!)).toEqual([]);
});

test('every schema is one of something that is sent', () => {
  expect([...new Set(sent.map(({ type }) => type))].sort()).toEqual(Object.keys(ARM_SCHEMAS).sort());
});

test('what a schema does not have is found, and a value that it does not allow', () => {
  const schema = ARM_SCHEMAS['Microsoft.App/managedEnvironments@2024-10-02-preview']!;
  const properties = {
    openTelemetryConfiguration: { tracesConfiguration: { destinations: 'appInsights' } },
    agent: {},
  };
  expect(schemaFaults({ properties }, schema)).toEqual([
    'body.properties.openTelemetryConfiguration.tracesConfiguration.destinations is no array',
    'body.properties.agent',
  ]);
});
