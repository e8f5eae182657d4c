import { expect, test, vi } from 'vitest';
import { describeWithTool } from '../../support/tools.js';
import { bodyFaults, REST_TYPES, sentFaults } from './rest-types.js';
import { VARIANTS } from './variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const TEMPLATES = VARIANTS.map(({ name, synthesize }) => ({ name, template: synthesize() }));

describeWithTool('terraform', 'evaluated by Terraform', () => {
  test.each(TEMPLATES)('$name sends what the published types of Azure allow', ({ template }) => {
    expect(sentFaults(template)).toEqual([]);
  });
});

test('every type that is known is sent, and every type that is sent is known', () => {
  const sent = new Set(TEMPLATES.flatMap(({ template }) => template.arm().map(({ type }) => type)));
  expect([...sent].sort()).toEqual([...REST_TYPES].sort());
});

test('a property that does not exist, a wrong value and a number that should be a text are found', () => {
  const body = {
    properties: {
      appInsightsConfiguration: { connectionString: 5 },
      openTelemetryConfiguration: { tracesConfiguration: { destinations: 'appInsights' } },
      agent: {},
    },
  };
  expect(bodyFaults('Microsoft.App/managedEnvironments@2024-10-02-preview', body)).toEqual(
    expect.arrayContaining([
      'body.properties.agent: no such property',
      'body.properties.appInsightsConfiguration.connectionString: 5 is no StringType',
      expect.stringMatching(
        /^body\.properties\.openTelemetryConfiguration\.tracesConfiguration\.destinations: "appInsights" is no ArrayType$/,
      ),
    ]),
  );
});
