import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedLocation } from '../../../runtime/src/models/locations.js';

const top = mkdtempSync(join(tmpdir(), 'modelship-roots-'));
const root = join(top, 'models');
mkdirSync(join(root, 'iris', '1'), { recursive: true });
mkdirSync(join(top, 'models-of-others'));
symlinkSync(join(top, 'models-of-others'), join(root, 'link'));
const digests = ['sha256:1'];
const roots = [
  { location: root },
  { location: 's3://bucket/models' },
  { location: 's3://bucket/models/pinned', digests },
  { location: 'https://store.example/a/?sig=secret' },
];

describe('fault 29: a place that a caller wants models from', () => {
  it.each([
    [root, root],
    [join(root, 'iris'), join(root, 'iris')],
    [`${root}/iris/../iris/1/`, join(root, 'iris', '1')],
    ['s3://bucket/models', 's3://bucket/models'],
    ['s3://bucket/models/iris/', 's3://bucket/models/iris/'],
    ['https://store.example/a/iris', 'https://store.example/a/iris?sig=secret'],
  ])('may be one that is configured or lies below: %s', (location, allowed) => {
    expect(allowedLocation(location, roots)).toEqual({ location: allowed });
  });

  it.each([
    '',
    '/',
    '/etc',
    top,
    join(root, '..', 'models-of-others'),
    join(root, 'link'),
    join(root, 'none'),
    `${root}\0`,
    'iris',
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    's3://bucket/models-of-others',
    's3://bucket/',
    's3://other/models/iris',
    's3://bucket/models/../secret',
    's3://bucket/models/%2e%2e/secret',
    's3://bucket/models/a%2f..%2f..%2fsecret',
    'https://store.example/a/..%5cb',
    'https://store.example/b',
    'http://store.example/a/iris',
    'https://store.example:8443/a/iris',
    'https://store.example@169.254.169.254/a/iris',
    'https://user:pass@store.example/a/iris',
    'https://store.example/a/iris?sig=other',
    'https://store.example/a/iris#x',
  ])('is refused if it is another: %j', (location) => {
    expect(() => allowedLocation(location, roots)).toThrow(/^models load only from the configured folders and URLs/);
  });

  it('is refused where nothing is configured', () => {
    expect(() => allowedLocation(root, [])).toThrow();
  });

  it('is held to the digests of the nearest place that is configured', () => {
    expect(allowedLocation('s3://bucket/models/pinned/1', roots).digests).toBe(digests);
    expect(allowedLocation('s3://bucket/models/pinned-not', roots).digests).toBeUndefined();
  });
});
