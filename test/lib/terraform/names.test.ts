import { TerraformStack, Testing } from 'cdktf';
import { describe, expect, test } from 'vitest';
import * as azure from '../../../lib/azure/index.js';
import * as gcp from '../../../lib/gcp/index.js';
import { prefixedSlug } from '../../../lib/terraform/names.js';
import { azureStack, IMAGE, model } from '../azure/support.js';
import { minimal } from '../gcp/support.js';

const AZURE = { model: model(), location: 'westeurope' };

const STACKS: readonly [string, (stack: TerraformStack) => unknown][] = [
  ['Functions', (stack) => new azure.ServerlessModel(stack, 'Iris', AZURE)],
  [
    'Container Apps',
    (stack) =>
      new azure.ServerlessModel(stack, 'Iris', {
        ...AZURE,
        host: azure.ServerlessHost.containerApps({ image: IMAGE }),
      }),
  ],
  ['AKS', (stack) => new azure.ContainerModel(stack, 'Iris', { ...AZURE, image: IMAGE })],
  ['Azure ML', (stack) => new azure.ManagedEndpointModel(stack, 'Iris', { ...AZURE, image: IMAGE })],
  ['Cloud Run', (stack) => new gcp.ServerlessModel(stack, 'Iris', minimal)],
  ['GKE', (stack) => new gcp.ContainerModel(stack, 'Iris', minimal)],
  ['Vertex AI', (stack) => new gcp.ManagedEndpointModel(stack, 'Iris', minimal)],
];

/** Returns the names in a template that contain a hash of a path, not of content, and the name of a Vertex AI endpoint, which is a number. */
function names(make: (stack: TerraformStack) => unknown, context: Record<string, unknown>): string[] {
  const stack = azureStack(context);
  make(stack);
  const { resource } = JSON.parse(Testing.synth(stack));
  const found = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [inner, each] of Object.entries(value)) visit(each, inner);
    } else if (typeof value === 'string' && /^(name|.*_id)$/.test(key)) {
      if (/^[a-z][a-z0-9_-]*(?:[-_][0-9a-f]{8}(?![0-9a-f])|\$\{substr\(sha256)/.test(value) || /^\d+$/.test(value)) {
        found.add(value);
      }
    }
  };
  visit(resource, '');
  return [...found].sort();
}

describe.each(STACKS)('the prefix of names on %s', (_, make) => {
  test('is in all names, so that two people can deploy the same stack', () => {
    const without = names(make, {});
    const prefixed = names(make, { 'modelship:namePrefix': 'ada' });
    expect(prefixed).toHaveLength(without.length);
    expect(without.length).toBeGreaterThan(1);
    expect(prefixed.filter((name) => without.includes(name))).toEqual([]);
    expect(prefixed.filter((name) => !/^(ada|\d)/.test(name))).toEqual([]);
  });
});

test('the prefix stays in the shortest names', () => {
  const stack = new TerraformStack(Testing.app({ context: { 'modelship:namePrefix': 'team-a-dev' } }), 'stack');
  expect(prefixedSlug(stack, 'a-model-with-a-long-name', 15)).toBe('team-a-dev-a-mo');
});

test.each(['Ada', '1st', 'ada-', 'eleven-char', '', 5])('a prefix of %j is rejected', (prefix) => {
  const stack = azureStack({ 'modelship:namePrefix': prefix });
  expect(() => new azure.ServerlessModel(stack, 'Iris', AZURE)).toThrow(
    `context \`modelship:namePrefix\`: got ${JSON.stringify(prefix)}; a prefix has at most 10 lower-case letters`,
  );
});
