// Programs that the tests run, and the Debian packages that have them.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PACKAGES = {
  cmake: 'cmake', // compiles AWS's runtime interface client, as do the next four
  autoconf: 'autoconf',
  automake: 'automake',
  libtoolize: 'libtool',
  unzip: 'unzip',
  buildah: 'buildah', // builds and runs the images
  debootstrap: 'debootstrap',
  chromium: 'chromium', // opens the server's page
  openssl: 'openssl', // signs the certificate of Azurite
  wrk: 'wrk', // loads the servers of the benchmarks
  curl: 'curl', // sends the requests of the documented commands
};

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The Debian packages that are missing. */
function missingPackages() {
  const missing = Object.keys(PACKAGES).filter((program) => !isOnPath(program));
  const packages = missing.map((program) => PACKAGES[program]);
  return succeeds('python3', '-c', 'import ensurepip, venv') ? packages : [...packages, 'python3-venv'];
}

/**
 * Installs the Debian packages that are missing, as root or by sudo.
 *
 * @throws Error with the command to run, if that is not possible
 */
export function installDebianPackages() {
  const packages = missingPackages();
  if (packages.length === 0) return;
  if (!isOnPath('apt-get')) {
    throw new Error(`the tests need programs that are not installed; on Debian they are in: ${packages.join(' ')}`);
  }
  const isRoot = process.getuid() === 0;
  // Without a terminal nobody can enter a password.
  const sudo = process.stdin.isTTY ? ['sudo'] : ['sudo', '-n'];
  const prefix = isRoot ? [] : sudo;
  if (!isRoot && !succeeds(...sudo, 'true')) {
    throw new Error(
      `the tests need Debian packages. Run: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`,
    );
  }
  console.error(`Installing the Debian packages ${packages.join(', ')} …`);
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', ...packages],
  ]) {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    const { status } = spawnSync(command, rest, { stdio: ['inherit', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`\`apt-get ${args.join(' ')}\` failed`);
  }
}
