import { mkdtempSync, rmSync } from 'node:fs';

/** A temporary folder, which is removed at the latest when this process exits. */
export class ScratchFolder {
  readonly path: string;
  private readonly dispose = () => rmSync(this.path, { recursive: true, force: true });

  /** @param prefix path of the folder, without the random characters at its end */
  constructor(prefix: string) {
    this.path = mkdtempSync(prefix);
    process.once('exit', this.dispose);
  }

  remove(): void {
    process.removeListener('exit', this.dispose);
    this.dispose();
  }
}
