// Brings a fresh clone to where `npm test` or `npm run quickstart` can run, and does nothing that is done already.
// It depends on nothing but Node, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
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

once('Installing the dependencies, about a minute …', 'node_modules', ['package-lock.json'], () =>
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
);

console.error('Building …');
run('npm', ['run', '--silent', 'build']);

if (purpose === 'test') {
  once('Installing what the tests need of Python …', '.venv', ['test/requirements.txt'], () => {
    run('python3', ['-m', 'venv', '.venv'], ' The tests need Python 3.11 or later with its `venv` module.');
    run(join('.venv', 'bin', 'pip'), ['install', '--quiet', '--retries', '1', '-r', 'test/requirements.txt']);
  });
}
