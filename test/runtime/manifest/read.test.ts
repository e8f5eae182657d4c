import { type Manifest, packageDigest, parseManifest } from '@modelship/runtime/manifest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const HASH = 'a'.repeat(64);

const FIELDS = {
  schemaVersion: 1,
  name: 'iris',
  version: '1',
  format: 'onnx',
  artifact: 'model.onnx',
  inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }],
  samples: { count: 0, tolerance: { absolute: 1e-6, relative: 1e-5 } },
  files: [{ path: 'model.onnx', size: 8, sha256: HASH }],
};

/** The text of a manifest with `changes`, and the digest that fits it. */
function text(changes: Record<string, unknown> = {}): string {
  const fields = { ...FIELDS, ...changes } as unknown as Manifest;
  return JSON.stringify({ ...fields, digest: packageDigest(fields) });
}

describe('parseManifest', () => {
  test('reads what pack writes', () => {
    expect(parseManifest(text(), 'model.json')).toMatchObject(FIELDS);
    for (const [format, ...requirements] of [
      ['pickle', 'joblib==1.5.2', 'scikit-learn==1.7.2', 'my-package==1!2.0rc1.post1'],
      ['torchscript', 'numpy==2.3.4', 'torch==2.13.0'],
      ['saved_model', 'numpy==2.3.4', 'tensorflow==2.21.0'],
    ]) {
      expect(parseManifest(text({ format, requirements }), 'model.json').requirements).toEqual(requirements);
    }
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an older schema version', { schemaVersion: 0 }, /schemaVersion/],
    ['a name that is no path segment', { name: '../iris' }, /name: must start with a letter/],
    ['a version that is no number', { version: 'latest' }, /version: must be a whole number/],
    ['an unknown format', { format: 'h5' }, /format/],
    ['an artifact outside the package', { artifact: '../model.onnx' }, /artifact: must be a relative path inside/],
    ['an absolute artifact', { artifact: '/etc/passwd' }, /artifact: must be a relative path inside/],
    ['no input', { inputs: [] }, /inputs/],
    ['an unknown datatype', { inputs: [{ name: 'x', datatype: 'FLOAT', shape: [1] }] }, /inputs\.0\.datatype/],
    ['a dimension of -2', { outputs: [{ name: 'y', datatype: 'FP32', shape: [-2] }] }, /outputs\.0\.shape\.0/],
    ['a file outside the package', { files: [{ path: 'a/../../b', size: 1, sha256: HASH }] }, /files\.0\.path/],
    ['a hash in capitals', { files: [{ path: 'b', size: 1, sha256: 'A'.repeat(64) }] }, /files\.0\.sha256/],
    [
      'an artifact that no digest covers',
      { files: [{ path: 'other.onnx', size: 8, sha256: HASH }] },
      /artifact: "model/,
    ],
    ...[
      '--no-binary=evil',
      '-e git+https://evil.example/x#egg=y',
      'evil @ https://evil.example/x.whl',
      '--find-links=file:///x',
      'torch==2.9.0\nevil==1.0',
      'torch==2.9.0 --hash=sha256:0',
      'torch>=2',
      'torch[cuda]==2.9.0',
      "torch==2.9.0; python_version>'3'",
    ].map((line): [string, Record<string, unknown>, RegExp] => [
      `the requirement ${line}`,
      { format: 'pickle', requirements: [line] },
      /requirements\.0: must be `name==version`/,
    ]),
    [
      'a package that needs trust',
      { format: 'lightgbm', requirements: ['evil-pkg==1.0'] },
      /evil-pkg==1\.0 cannot be req/,
    ],
    ['a field that is not known', { licence: 'MIT' }, /licence/],
  ])('refuses %s', (_, changes, message) => {
    expect(() => parseManifest(text(changes), 'model.json')).toThrow(message);
  });

  test('names every fault at once, and the file', () => {
    const wrong = () => parseManifest(text({ name: '', version: 'x', inputs: [] }), 'iris/model.json');
    expect(wrong).toThrow(
      /^iris\/model\.json is not a valid manifest:\n {2}- name: .*\n {2}- version: .*\n {2}- inputs: /,
    );
  });

  test('refuses what is no JSON', () => {
    expect(() => parseManifest('{', 'model.json')).toThrow(/model\.json is not JSON/);
  });

  test('no change of a value goes unnoticed', () => {
    const original = text();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: original.length - 1 }), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const changed = original.slice(0, at) + String.fromCharCode(code) + original.slice(at + 1);
        if (changed === original) return;
        // White space is no change; nothing else of one character leaves the same values.
        try {
          expect(parseManifest(changed, 'model.json')).toEqual(parseManifest(original, 'model.json'));
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(MANIFEST_(INVALID|EDITED)|SCHEMA_NEWER)$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('packageDigest', () => {
  test('does not depend on the order of the fields, nor on white space', () => {
    const reversed = Object.fromEntries(Object.entries(FIELDS).reverse()) as unknown as Manifest;
    expect(packageDigest(reversed)).toBe(packageDigest(FIELDS as unknown as Manifest));
  });

  test('depends on the order of the inputs', () => {
    const inputs = [...FIELDS.inputs, { name: 'more', datatype: 'FP32', shape: [1] }];
    const one = packageDigest({ ...FIELDS, inputs } as unknown as Manifest);
    const other = packageDigest({ ...FIELDS, inputs: [...inputs].reverse() } as unknown as Manifest);
    expect(other).not.toBe(one);
  });
});
