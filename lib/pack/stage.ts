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

/** A folder that is moved to `out` atomically. A failure or an interruption leaves no files behind. */
export class Stage {
  readonly directory: string;
  private readonly out: string;
  /** Outermost folder that was created for `out`. */
  private readonly made: string | undefined;
  private committed = false;
  private readonly dispose = () => {
    rmSync(this.directory, { recursive: true, force: true });
    if (!this.committed) this.removeMade();
  };

  /**
   * Creates a temporary folder beside `out`.
   *
   * @throws ModelPackageError `OUTPUT_EXISTS` if `out` is a file
   */
  constructor(out: string) {
    this.out = resolve(out);
    if (statSync(this.out, { throwIfNoEntry: false })?.isFile()) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} is a file. Give the folder of the package with \`--out\`.`,
      );
    }
    this.made = mkdirSync(dirname(this.out), { recursive: true });
    // The folder is beside the target, because a rename is atomic only within a file system.
    this.directory = mkdtempSync(join(dirname(this.out), `.${basename(this.out)}-`));
    // Only its owner can read a temporary folder, but another user may serve the package.
    chmodSync(this.directory, 0o777 & ~process.umask());
    process.once('exit', this.dispose);
  }

  /**
   * Moves the folder to `out`. A package with the same digest is replaced, because its files may be damaged.
   *
   * @throws ModelPackageError `OUTPUT_EXISTS` if `out` has other files, or another package and `force` is not set
   */
  commit(digest: string, force: boolean): void {
    this.check(force, digest);
    if (this.isVacant()) {
      rmSync(this.out, { recursive: true, force: true });
      renameSync(this.directory, this.out);
      this.committed = true;
      return;
    }
    const former = `${this.directory}-former`;
    renameSync(this.out, former);
    renameSync(this.directory, this.out);
    this.committed = true;
    rmSync(former, { recursive: true, force: true });
  }

  /**
   * Checks that the folder can be moved to `out`, for work that takes long.
   *
   * @param digest digest of the package. @default - one that no package has yet
   * @throws ModelPackageError `OUTPUT_EXISTS` if `out` has other files, or another package and `force` is not set
   */
  check(force: boolean, digest?: string): void {
    if (this.isVacant()) return;
    if (!existsSync(join(this.out, MANIFEST_FILE))) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} is not empty and is not a model package. Give another folder with \`--out\`.`,
      );
    }
    if (!force && (digest === undefined || digestIn(this.out) !== digest)) {
      throw new ModelPackageError(
        'OUTPUT_EXISTS',
        `${this.out} is another model package. Give another folder with \`--out\`, or replace it with \`--force\`.`,
      );
    }
  }

  private isVacant(): boolean {
    return !existsSync(this.out) || readdirSync(this.out).length === 0;
  }

  /** Removes the folders that were created for `out`, up to the first that is not empty. */
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

  /** Removes the folder unless it was committed. */
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
