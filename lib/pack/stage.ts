import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MANIFEST_FILE, ModelPackageError, readManifest } from '@modelship/runtime/manifest';

/**
 * A folder that becomes `out` in one step or not at all: what fails half-way, or is interrupted, leaves no trace.
 */
export class Stage {
  readonly directory: string;
  private readonly out: string;
  /** The outermost folder made on the way to `out`. */
  private readonly made: string | undefined;
  private committed = false;
  private readonly dispose = () => {
    rmSync(this.directory, { recursive: true, force: true });
    if (!this.committed) this.removeMade();
  };

  /** @throws ModelPackageError `OUTPUT_EXISTS` if `out` is a file */
  constructor(out: string) {
    this.out = resolve(out);
    if (statSync(this.out, { throwIfNoEntry: false })?.isFile()) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} is a file. Give the folder of the package by \`--out\`.`,
      );
    }
    this.made = mkdirSync(dirname(this.out), { recursive: true });
    // Beside the target, because a folder is renamed in one step only within a file system.
    this.directory = mkdtempSync(join(dirname(this.out), `.${basename(this.out)}-`));
    // A temporary folder is its maker's alone; a package is read by the user that serves it.
    chmodSync(this.directory, 0o777 & ~process.umask());
    process.once('exit', this.dispose);
  }

  /**
   * Puts the folder in its place. A package with the same digest, and its files whole, is left as it is.
   *
   * @throws ModelPackageError `OUTPUT_EXISTS` if something else is there, and is no package or `force` is not set
   */
  commit(digest: string, force: boolean): void {
    if (!existsSync(this.out) || readdirSync(this.out).length === 0) {
      rmSync(this.out, { recursive: true, force: true });
      renameSync(this.directory, this.out);
      this.committed = true;
      return;
    }
    if (!existsSync(join(this.out, MANIFEST_FILE))) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} is not empty and holds no model package. Give another folder by \`--out\`.`,
      );
    }
    if (!force && digestIn(this.out) !== digest) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} holds another model package. Give another folder by \`--out\`, or replace it by \`--force\`.`,
      );
    }
    const former = `${this.directory}-former`;
    renameSync(this.out, former);
    renameSync(this.directory, this.out);
    this.committed = true;
    rmSync(former, { recursive: true, force: true });
  }

  /** Removes the folders made on the way to `out`, as far as nobody has put anything into them meanwhile. */
  private removeMade(): void {
    if (this.made === undefined) return;
    for (let folder = dirname(this.out); folder.startsWith(this.made); folder = dirname(folder)) {
      try {
        rmdirSync(folder);
      } catch {
        return;
      }
    }
  }

  /** Removes what was not committed. */
  close(): void {
    process.removeListener('exit', this.dispose);
    this.dispose();
  }
}

function digestIn(directory: string): string | undefined {
  try {
    return readManifest(directory).digest;
  } catch {
    return undefined;
  }
}
