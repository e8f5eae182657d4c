import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MANIFEST_FILE, type Manifest, packageDigest, SAMPLES_FILE } from '@modelship/runtime/manifest';

/** What may differ from the usual package of a test. */
export interface PackageOverrides extends Partial<Omit<Manifest, 'files' | 'digest'>> {
  /** Content by path in the package. @default an artifact of eight bytes and no samples */
  readonly content?: Readonly<Record<string, string | Buffer>>;
}

/**
 * Writes a package with a valid manifest and digest, and returns its folder. The artifact is no real model: for tests
 * of what only reads the manifest or moves files. `examples/` has packages that run.
 */
export function writePackage(
  overrides: PackageOverrides = {},
  directory = mkdtempSync(join(tmpdir(), 'modelship-package-')),
): string {
  const { content = { 'model.onnx': 'not real', [SAMPLES_FILE]: '[]' }, ...fields } = overrides;
  const files = Object.entries(content).map(([path, bytes]) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
    return { path, size: Buffer.byteLength(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const manifest: Omit<Manifest, 'digest'> = {
    schemaVersion: 1,
    name: 'iris',
    version: '1',
    format: 'onnx',
    artifact: 'model.onnx',
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }],
    samples: { count: 0, tolerance: { absolute: 1e-6, relative: 1e-5 } },
    ...fields,
    files,
  };
  const digest = packageDigest(manifest);
  writeFileSync(join(directory, MANIFEST_FILE), `${JSON.stringify({ ...manifest, digest }, null, 2)}\n`);
  return directory;
}
