// Brings a fresh clone to where `npm test` or `npm run quickstart` can run, and does nothing that is done already.
// It depends on nothing but Node, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './debian.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const purpose = process.argv[process.argv.indexOf('--for') + 1];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`this is Node ${process.versions.node}; the tools need 20.19 or later. See https://nodejs.org.`);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function run(command, args, hint = '') {
  // A shell finds npm.cmd on Windows.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) fail(`\`${command} ${args.join(' ')}\` failed${error ? ` (${error.message})` : ''}.${hint}`);
}

/** Runs `step`, which makes the folder `output`, unless it already did for the same content of `inputs`. */
function once(title, output, inputs, step) {
  const hash = createHash('sha256');
  for (const file of inputs) hash.update(readFileSync(join(root, file)));
  const stamp = join(root, '.cache', 'setup', output);
  const digest = hash.digest('hex');
  if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error(title);
  rmSync(stamp, { force: true });
  step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

if (purpose === 'test') {
  try {
    installDebianPackages();
  } catch (error) {
    fail(error.message);
  }
  const python = 'import sys; sys.exit(sys.version_info < (3, 11))';
  if (spawnSync('python3', ['-c', python]).status !== 0) {
    fail('the tests need Python 3.11 or later on PATH as `python3`. See https://www.python.org.');
  }
}

once('Installing the dependencies, about a minute …', 'node_modules', ['package-lock.json'], () =>
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
);

console.error('Building …');
run('npm', ['run', '--silent', 'build']);
// `npx` does this only when it sees the folder for the first time, even if its files are new.
chmodSync(join('dist', 'bin', 'modelship.js'), 0o755);

/** Installs Python packages into an environment of its own. */
function pythonEnvironment(title, folder, requirements) {
  once(title, folder, [requirements], () => {
    run('python3', ['-m', 'venv', folder]);
    const python = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
    run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--retries',
      '1',
      '-r',
      requirements,
    ]);
  });
}

/** Installs the other versions of Node, npm and TypeScript that tests run. */
function otherVersions() {
  const versions = 'test/support/npm-versions.json';
  const folder = join('.cache', 'versions');
  once('Installing other versions of Node and npm: 130 MB to download, 500 MB on disk …', folder, [versions], () => {
    const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    const packages = Object.entries(JSON.parse(readFileSync(join(root, versions), 'utf8')));
    const aliases = packages.flatMap(([name, releases]) =>
      Object.entries(releases).map(([major, version]) => {
        const source = name === 'node' ? `node-${platform}` : name;
        return [`${name}-${major}`, `npm:${source}@${version}`];
      }),
    );
    mkdirSync(join(root, folder), { recursive: true });
    const manifest = { private: true, dependencies: Object.fromEntries(aliases) };
    writeFileSync(join(root, folder, 'package.json'), JSON.stringify(manifest));
    run('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  });
}

if (purpose === 'test') {
  otherVersions();
  pythonEnvironment(
    'Installing Python tools: 100 MB to download, 400 MB on disk …',
    '.venv-tools',
    'test/requirements-tools.txt',
  );
  pythonEnvironment(
    'Installing clients of other servers: 80 MB to download, 320 MB on disk …',
    '.venv-clients',
    'test/requirements-clients.txt',
  );
  // On Linux PyPI has PyTorch with CUDA only, which is two thirds of it.
  const frameworks = 'Installing PyTorch, TensorFlow and other frameworks: 3 GB to download, 6.9 GB on disk, once …';
  pythonEnvironment(frameworks, '.venv', 'test/requirements.txt');
}
