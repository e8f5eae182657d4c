// Brings a fresh clone to where `npm test` or `npm run quickstart` can run, and does nothing that is done already.
// It depends on nothing but Node, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const purpose = process.argv[process.argv.indexOf('--for') + 1];

function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`setup: \`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`);
    process.exit(status ?? 1);
  }
}

/** Runs `step`, which makes the folder `output`, unless it already did for the same content of `inputs`. */
function once(output, inputs, step) {
  const hash = createHash('sha256');
  for (const file of inputs) hash.update(readFileSync(join(root, file)));
  const stamp = join(root, '.cache', 'setup', output);
  const digest = hash.digest('hex');
  if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

once('node_modules', ['package-lock.json'], () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
run('npm', ['run', '--silent', 'build']);

if (purpose === 'test') {
  once('.venv', ['test/requirements.txt'], () => {
    run('python3', ['-m', 'venv', '.venv']);
    run(join('.venv', 'bin', 'pip'), ['install', '--quiet', '-r', 'test/requirements.txt']);
  });
}
