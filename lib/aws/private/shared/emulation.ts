import type { Construct } from 'constructs';
import { warn } from './cost-warnings.js';

/** Docker's names of the processors that Node names otherwise. */
const DOCKER_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Warns that the build of an image runs commands of another processor than this machine's: on Linux that takes QEMU, which
 * Docker Desktop brings and build servers mostly lack.
 *
 * @param architecture as Docker names it
 */
export function warnOfEmulation(scope: Construct, architecture: string, host: NodeJS.Process = process): void {
  if (host.platform === 'linux' && DOCKER_ARCHITECTURES[host.arch] !== architecture) {
    warn(scope, 'modelship:emulatedBuild');
  }
}
