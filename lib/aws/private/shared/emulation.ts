import type { Construct } from 'constructs';
import { warn } from './cost-warnings.js';

/** Docker's names of the processor architectures, keyed by Node's names. */
const DOCKER_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Warns if an image is built for a processor architecture other than this machine's. On Linux such a build needs QEMU,
 * which build servers usually lack. Docker Desktop includes it.
 *
 * @param architecture Processor architecture in Docker's notation.
 */
export function warnAboutEmulation(scope: Construct, architecture: string, host: NodeJS.Process = process): void {
  if (host.platform === 'linux' && DOCKER_ARCHITECTURES[host.arch] !== architecture) {
    warn(scope, 'modelship:emulatedBuild');
  }
}
