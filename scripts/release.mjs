// Publishes the packages to npm with provenance, once the release is consistent.
//
//   node scripts/release.mjs --check              only checks
//   node scripts/release.mjs --dry-run            checks, packs, and lets npm do everything but upload
//   node scripts/release.mjs --tag v1.2.3         checks against the tag, and publishes
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => readFileSync(join(root, ...path), 'utf8');

const { values: options } = parseArgs({
  options: { tag: { type: 'string' }, check: { type: 'boolean' }, 'dry-run': { type: 'boolean' } },
});
const isRehearsal = options.check || options['dry-run'];

/** The text below a heading of the changelog. */
function changes(heading) {
  const [, text = ''] =
    new RegExp(`^## \\[${heading.replaceAll('.', '\\.')}\\].*\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(
      read('CHANGELOG.md'),
    ) ?? [];
  return text.trim();
}

/** What keeps the release from being published. */
function faults() {
  const { version, dependencies } = JSON.parse(read('package.json'));
  const runtime = JSON.parse(read('runtime', 'package.json'));
  const pictures = JSON.parse(read('pictures', 'package.json'));
  const [, inSource] = /RUNTIME_VERSION = '(.+)'/.exec(read('runtime', 'src', 'version.ts')) ?? [];
  const equal = (what, found, expected) => found === expected || `${what} is ${found}, expected ${expected}`;
  return [
    equal('the version of runtime/package.json', runtime.version, version),
    equal('the version of pictures/package.json', pictures.version, version),
    equal(
      'the dependency on @modelship/pictures in runtime/package.json',
      runtime.peerDependencies['@modelship/pictures'],
      version,
    ),
    equal('the dependency on @modelship/runtime in package.json', dependencies['@modelship/runtime'], version),
    equal('RUNTIME_VERSION of runtime/src/version.ts', inSource, version),
    isRehearsal && !options.tag ? true : equal('the tag', options.tag, `v${version}`),
    changes(version) !== '' ||
      (isRehearsal && !options.tag && changes('Unreleased') !== '') ||
      `CHANGELOG.md has no changes under the heading [${version}]`,
  ].filter((fault) => fault !== true);
}

const found = faults();
if (found.length > 0) {
  console.error(`The release is not consistent:\n${found.map((fault) => `  - ${fault}`).join('\n')}`);
  process.exit(1);
}
if (options.check) process.exit(0);

const folder = mkdtempSync(join(tmpdir(), 'modelship-release-'));
try {
  // They are in the order of their dependencies.
  const tarballs = execFileSync(process.execPath, [join(root, 'scripts', 'tarballs.mjs'), folder], {
    encoding: 'utf8',
  });
  for (const tarball of tarballs.trim().split('\n')) {
    const args = [
      'publish',
      tarball,
      '--access',
      'public',
      '--provenance',
      ...(options['dry-run'] ? ['--dry-run'] : []),
    ];
    // A shell finds npm.cmd on Windows.
    const { status } = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
    if (status !== 0) throw new Error(`\`npm ${args.join(' ')}\` failed`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
