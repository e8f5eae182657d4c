import { describe, expect, test, vi } from 'vitest';
import { circularReference, danglingReferences } from '../terraform/references.js';
import {
  balancersThatHideCallers,
  blobsWithoutRole,
  impatientDeployments,
  objectsBeforeCluster,
} from '../terraform/rules.js';
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

  test('shows pods the addresses of callers', () => {
    expect(balancersThatHideCallers(template)).toEqual([]);
  });
});
