import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { Catalog } from '../../../runtime/src/models/catalog.js';
import type { ModelState } from '../../../runtime/src/models/served-model.js';
import { ServedVersion } from '../../../runtime/src/models/served-version.js';
import { RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';

const options = { threads: 1, maxQueue: 1, timeoutSeconds: 1, metrics: new RuntimeMetrics() };

function version(name: string, number: string, state: ModelState = 'AVAILABLE') {
  const manifest = { name, version: number, inputs: [], outputs: [] } as unknown as Manifest;
  const fetch = () => Promise.reject(new Error('nothing is fetched'));
  const made = new ServedVersion({ manifest, fetch }, options);
  made.state = state;
  return made;
}

function catalogOf(...versions: ServedVersion[]) {
  const catalog = new Catalog();
  for (const each of versions) catalog.add(each);
  return catalog;
}

describe('the catalog', () => {
  it('orders versions as numbers, newest first, beyond what a double holds', () => {
    const large = '9007199254740993';
    const catalog = catalogOf(
      version('m', '9'),
      version('m', large),
      version('m', '10'),
      version('m', '9007199254740992'),
    );
    expect(catalog.versions('m').map((each) => each.version)).toEqual([large, '9007199254740992', '10', '9']);
  });

  it('answers with the newest that is available, and never with another than was named', () => {
    const catalog = catalogOf(version('m', '1'), version('m', '2'), version('m', '3', 'LOADING'));
    expect(catalog.find('m')?.version).toBe('2');
    expect(catalog.find('m', '1')?.version).toBe('1');
    expect(catalog.find('m', '3')).toBeUndefined();
    expect(catalog.find('constructor')).toBeUndefined();
  });

  it('replaces a version by one of the same number', () => {
    const again = version('m', '1');
    const catalog = catalogOf(version('m', '1', 'END'), again);
    expect(catalog.versions('m')).toEqual([again]);
  });

  it('forgets a model with its last version', () => {
    const only = version('m', '1');
    const catalog = catalogOf(only, version('n', '1'));
    catalog.remove(only);
    expect(catalog.names()).toEqual(['n']);
  });

  it('is ready once it is loaded, until it drains', () => {
    const catalog = catalogOf(version('m', '1'), version('m', '2', 'END'));
    expect(catalog.ready).toBe(false);
    catalog.loaded();
    expect(catalog.ready).toBe(true);
    catalog.drain();
    expect(catalog.ready).toBe(false);
  });

  it('stays ready while a model is on its way in, or could not be loaded', () => {
    const catalog = catalogOf(version('m', '1'));
    catalog.loaded();
    catalog.add(version('n', '1', 'LOADING'));
    expect(catalog.ready).toBe(true);
    catalog.add(version('n', '1', 'END'));
    expect(catalog.ready).toBe(true);
  });

  it('is not ready while a model that is served has no healthy version', () => {
    const sick = version('m', '1');
    Object.defineProperty(sick, 'isReady', { value: false });
    const catalog = catalogOf(sick, version('n', '1'));
    catalog.loaded();
    expect(catalog.ready).toBe(false);
    catalog.add(version('m', '2'));
    expect(catalog.ready).toBe(true);
  });

  it('has labels until the model goes, and none that an object brings along', () => {
    const only = version('m', '1');
    const catalog = catalogOf(only);
    expect(catalog.labels('m')).toEqual({});
    catalog.setLabels('m', { stable: '1' });
    expect(catalog.labels('m')).toEqual({ stable: '1' });
    catalog.remove(only);
    catalog.add(only);
    expect(catalog.labels('m')).toEqual({});
    expect(catalog.labels('constructor')).toEqual({});
  });
});
