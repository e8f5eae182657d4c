import { describe, expect, test, vi } from 'vitest';
import { circularReference, danglingReferences } from '../terraform/references.js';
import {
  balancersThatHideCallers,
  blobsWithoutRole,
  impatientDeployments,
  objectsBeforeCluster,
  resourcesOf,
  sameNamesAtOnce,
  valuesOfEachApply,
} from '../terraform/rules.js';
import { CASES } from './cases.js';
import { model } from './support.js';
import { VARIANTS } from './variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

describe.each(VARIANTS)('$name', ({ synthesize }) => {
  const template = synthesize();

  test('refers only to what exists, in an order', () => {
    expect(danglingReferences(template)).toEqual([]);
    expect(circularReference(template)).toBeUndefined();
  });

  test('uploads blobs once the deployer may', () => {
    expect(blobsWithoutRole(template)).toEqual([]);
  });

  test('creates objects in a cluster once the deployer may', () => {
    expect(objectsBeforeCluster(template)).toEqual([]);
  });

  test('waits longer for pods than they may take to start', () => {
    expect(impatientDeployments(template)).toEqual([]);
  });

  test('has no value that changes in each apply', () => {
    expect(valuesOfEachApply(template)).toEqual([]);
  });

  test('shows pods the addresses of callers', () => {
    expect(balancersThatHideCallers(template)).toEqual([]);
  });
});

/** Types whose names are unique in all of Azure, or taken for a while after a resource is deleted. */
const GLOBAL = /^azurerm_(storage_account|key_vault|container_registry)$/;

test.each(CASES)(
  '$name has other global names in another location, where it is created before it is deleted',
  ({ synthesize }) => {
    const names = (location: string) => {
      const template = synthesize({ location });
      const sites = template.arm('Microsoft.Web/sites').map(({ name }) => name);
      const endpoints = template
        .arm('Microsoft.MachineLearningServices/workspaces/onlineEndpoints')
        .flatMap(({ name }) => name ?? []);
      return [...resourcesOf(template, GLOBAL).map(([, { name }]) => name), ...sites, ...endpoints];
    };
    const here = names('westeurope');
    expect(here.length).toBeGreaterThan(0);
    expect(names('northeurope').filter((name) => here.includes(name))).toEqual([]);
  },
);

test.each(VARIANTS)(
  '$name creates the next version before the one that it replaces under another name',
  ({ synthesize }) => {
    expect(sameNamesAtOnce(synthesize({ model: model('3') }), synthesize({ model: model('4') }))).toEqual([]);
  },
);

test('a resource that changes under the same name, and one whose name changes, are told apart', () => {
  const template = (name: string, content: string) => ({
    json: {
      resource: { azapi_resource: { version: { name, body: content, lifecycle: { create_before_destroy: true } } } },
    },
  });
  expect(sameNamesAtOnce(template('v', 'a'), template('v', 'b'))).toEqual(['azapi_resource.version']);
  expect(sameNamesAtOnce(template('v1', 'a'), template('v2', 'b'))).toEqual([]);
});
