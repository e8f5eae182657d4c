import { readFile } from 'node:fs/promises';
import { ConfigError } from './config.js';
import type { ModelEntry } from './models/model-entry.js';
import { parseModels } from './models-config.js';
import type { Logger } from './observability/log.js';

/** File that lists the models of a server and may change at run time. */
export class ModelsFile {
  /** Content of the file that was applied last. @default - none yet */
  applied: string | undefined;
  private reportedError: string | undefined;

  constructor(private readonly path: string) {}

  /**
   * Reads the file and passes its entries to `apply`, unless the content is unchanged since the last success.
   *
   * @throws ConfigError with every fault of the file, or what `apply` throws
   */
  async follow(apply: (entries: readonly ModelEntry[]) => Promise<void>): Promise<void> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError(`${this.path} cannot be read (${error.code})`);
    });
    if (text === this.applied) return;
    const faults: string[] = [];
    const entries = parseModels(text, (rule) => faults.push(rule));
    if (faults.length > 0) throw new ConfigError(`${this.path} is invalid:\n  - ${faults.join('\n  - ')}`);
    await apply(entries);
    this.applied = text;
    this.reportedError = undefined;
  }

  /** Works like `follow`, but logs failures instead of throwing them. A repeated failure is logged once. */
  async followLogged(apply: (entries: readonly ModelEntry[]) => Promise<void>, logger: Logger): Promise<void> {
    try {
      await this.follow(apply);
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.reportedError) logger.log('error', 'the loaded models stay unchanged', { error: message });
      this.reportedError = message;
    }
  }
}
