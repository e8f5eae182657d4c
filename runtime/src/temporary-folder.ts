import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Start of the names of all temporary folders, followed by what they hold and six random characters. */
const PREFIX = 'modelship-tmp-';
const OWN_NAME = /^modelship-tmp-(?:model|worker)-[A-Za-z0-9]{6}$/;

/** Milliseconds between marks of the folders in use. */
const MARK_MS = 20_000;

/** Milliseconds without a mark after which the process of a folder no longer runs. */
const ABANDONED_MS = 180_000;

const inUse = new Set<TemporaryFolder>();
let marking: NodeJS.Timeout | undefined;

/**
 * A folder for temporary files, which is removed when this process exits. If the process is killed, a later one removes
 * it: a folder in use is marked by its modification time, because process ids have no meaning in another container.
 */
export class TemporaryFolder {
  readonly path: string;

  /** @throws Error if the system's folder for temporary files cannot be written */
  constructor(content: 'model' | 'worker') {
    this.path = mkdtempSync(join(tmpdir(), `${PREFIX}${content}-`));
    if (marking === undefined) {
      marking = setInterval(markAll, MARK_MS).unref();
      process.once('exit', removeAll);
      removeAbandoned(tmpdir()).catch(() => {});
    }
    inUse.add(this);
  }

  /** Removes the folder. Files that cannot be removed stay, because nothing depends on that. */
  async remove(): Promise<void> {
    inUse.delete(this);
    await rm(this.path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes the temporary folders of processes that were killed. */
export async function removeAbandoned(parent: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!OWN_NAME.test(name)) continue;
    const path = join(parent, name);
    const marked = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - marked > ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function markAll(): void {
  const now = new Date();
  for (const { path } of inUse) utimes(path, now, now).catch(() => {});
}

function removeAll(): void {
  for (const { path } of inUse) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // A later process removes it.
    }
  }
}
