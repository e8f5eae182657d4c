import { describe, expect, test, vi } from 'vitest';
import { circularReference, danglingReferences } from '../terraform/references.js';
import {
  balancersThatHideCallers,
  impatientDeployments,
  sameNamesAtOnce,
  valuesOfEachApply,
} from '../terraform/rules.js';
import { CLUSTER_VARIANTS, EXISTING_CLUSTER_VARIANTS } from './cluster-variants.js';
import { template } from './support.js';
import { VARIANTS } from './variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

describe.each([...VARIANTS, ...CLUSTER_VARIANTS, ...EXISTING_CLUSTER_VARIANTS])('$name', ({ make }) => {
  const synthesize = (version: string) => ({ json: template(make(version)) });
  const synthesized = synthesize('1');

  test('refers only to what exists, in an order', () => {
    expect(danglingReferences(synthesized)).toEqual([]);
    expect(circularReference(synthesized)).toBeUndefined();
  });

  test('waits longer for pods than they may take to start', () => {
    expect(impatientDeployments(synthesized)).toEqual([]);
  });

  test('has no value that changes in each apply', () => {
    expect(valuesOfEachApply(synthesized)).toEqual([]);
  });

  test('shows pods the addresses of callers', () => {
    expect(balancersThatHideCallers(synthesized)).toEqual([]);
  });

  test('creates the next version before the one that it replaces under another name', () => {
    expect(sameNamesAtOnce(synthesized, synthesize('2'))).toEqual([]);
  });
});
