import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedLocation } from '../../../runtime/src/models/locations.js';
import { parseModels } from '../../../runtime/src/models-config.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';

describe('whatever the models are configured as', () => {
  it('is taken, or refused with its faults', () => {
    const keys = fc.constantFrom('location', 'versions', 'labels', 'latest', 'stable', '__proto__', 'a/b', 'm');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>('all', 's3://b/m', '', 0, 1, -1, 1.5, null, true, '1', 'x'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          tree.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const faults: string[] = [];
          const entries = parseModels(text, (rule) => faults.push(rule));
          if (faults.length > 0) return;
          expect(entries.length).toBeGreaterThan(0);
          for (const { name, location, labels } of entries) {
            expect(name).toMatch(/^[\w.-]+$/);
            expect(location).not.toBe('');
            for (const version of Object.values(labels)) expect(version).toMatch(/^\d+$/);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('wherever a caller wants models from', () => {
  it('is below what is configured, or refused', () => {
    const root = mkdtempSync(join(tmpdir(), 'modelship-fuzz-'));
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '%2f',
      '\\',
      '//',
      'models',
      'a',
      '',
      '@',
      ':',
      '?',
      '#',
      '\0',
    );
    const start = fc.constantFrom('s3://bucket/models', 's3://bucket', 'https://store.example/m', root, 'file://', '/');
    const locations = fc
      .tuple(start, fc.array(part, { maxLength: 6 }), fc.constantFrom('/', ''))
      .map(([first, rest, slash]) => [first, ...rest].join(slash || '/') + slash);
    const roots = ['s3://bucket/models', 'https://store.example/m/', root];
    fc.assert(
      fc.property(fc.oneof(locations, fc.webUrl({ withFragments: true }), fc.string()), (location) => {
        let allowed: string;
        try {
          allowed = allowedLocation(
            location,
            roots.map((each) => ({ location: each })),
          ).location;
        } catch (error) {
          expect(error).toBeInstanceOf(InferenceError);
          return;
        }
        const isBelow = roots.some((each) => `${allowed}/`.startsWith(each.endsWith('/') ? each : `${each}/`));
        expect(isBelow).toBe(true);
        expect(allowed).not.toMatch(/\.\.|%2e|%2f|\0/i);
      }),
      { numRuns: 5000 },
    );
  });
});
