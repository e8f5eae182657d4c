import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest, packageDigest } from '@modelship/runtime/manifest';
import { Catalog } from '../../../runtime/src/models/catalog.js';
import { ControlledModels } from '../../../runtime/src/models/model-control.js';
import type { ModelEntry } from '../../../runtime/src/models/model-entry.js';
import { ModelSet } from '../../../runtime/src/models/model-set.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { slowPackage } from '../faults/servers.js';

/** A folder of versions of the model `slow`. */
export class VersionFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'modelship-versions-'));

  constructor(...versions: readonly string[]) {
    for (const version of versions) this.add(version);
  }

  /** Adds a version at once, as what copies packages should; other `rounds` make another package. */
  add(version: string, rounds = 1): void {
    this.put(version, slowPackage(rounds, version));
  }

  /** Adds a version whose artifact is cut off. */
  addBad(version: string): void {
    const broken = slowPackage(1, version);
    truncateSync(join(broken, 'model.onnx'), 10);
    this.put(version, broken);
  }

  /** Adds a version whose manifest says that it is larger than any memory. */
  addTooLarge(version: string): void {
    const directory = slowPackage(1, version);
    const path = join(directory, MANIFEST_FILE);
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const files = manifest.files.map((file) => ({ ...file, size: 2 ** 50 }));
    writeFileSync(path, JSON.stringify({ ...manifest, files, digest: packageDigest({ ...manifest, files }) }));
    this.put(version, directory);
  }

  put(folder: string, packageDirectory: string): void {
    this.remove(folder);
    renameSync(packageDirectory, join(this.path, folder));
  }

  remove(folder: string): void {
    rmSync(join(this.path, folder), { recursive: true, force: true });
  }
}

/** Models without a server around, and what they logged. */
export function models({ timeoutSeconds = 10 } = {}) {
  const catalog = new Catalog();
  const lines: string[] = [];
  const logger = new Logger('error', (line) => lines.push(line));
  const controlled = new ControlledModels(
    new ModelSet({
      catalog,
      logger,
      threads: 1,
      maxQueue: 10,
      timeoutSeconds,
      metrics: new RuntimeMetrics(),
    }),
  );
  return {
    catalog,
    controlled,
    lines,
    /** Version and state of each, newest first. */
    states: (name = 'slow') => catalog.versions(name).map(({ version, state }) => `${version} ${state}`),
  };
}

export function entry(location: string, more: Partial<ModelEntry> = {}): ModelEntry {
  return { name: 'slow', location, policy: { kind: 'all' }, labels: {}, ...more };
}
