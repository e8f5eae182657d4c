import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives the run a folder of its own for temporary files, which goes with it: toolkits leave what they synthesized, and
 * the runtime's files are in each of these.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-test-'));
  // Servers that run as another user than root must reach their models.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
