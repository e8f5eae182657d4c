import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { manifest, root } from './project.js';

const { version } = manifest;
const CHECKED = [
  'package.json',
  'runtime/package.json',
  'pictures/package.json',
  'runtime/src/version.ts',
  'CHANGELOG.md',
  'scripts/release.mjs',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-release-'));
  mkdirSync(join(folder, 'runtime', 'src'), { recursive: true });
  mkdirSync(join(folder, 'pictures'));
  mkdirSync(join(folder, 'scripts'));
  for (const file of CHECKED) cpSync(join(root, file), join(folder, file));
});

function edit(file: string, change: (text: string) => string): void {
  const text = readFileSync(join(folder, file), 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(join(folder, file), changed);
}

function release(where: string, ...args: string[]) {
  const options = { cwd: where, encoding: 'utf8', timeout: 240_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/release.mjs', ...args], options);
  return { status, output: `${stdout}${stderr}` };
}

const dated = (text: string) => text.replace('## [Unreleased]', `## [Unreleased]\n\n## [${version}] - 2026-12-01`);

describe('the check of a release', () => {
  test('passes for a tag whose changes are in the changelog', () => {
    edit('CHANGELOG.md', dated);
    expect(release(folder, '--check', '--tag', `v${version}`)).toEqual({ status: 0, output: '' });
  });

  test.each<[string, string, (text: string) => string, RegExp]>([
    [
      'another version of the runtime',
      'runtime/package.json',
      (text) => text.replace(version, '9.9.9'),
      /runtime\/package\.json is 9\.9\.9/,
    ],
    [
      'another version of the picture decoder',
      'pictures/package.json',
      (text) => text.replace(version, '9.9.9'),
      /pictures\/package\.json is 9\.9\.9/,
    ],
    [
      'a dependency on another picture decoder',
      'runtime/package.json',
      (text) => text.replace(`"@modelship/pictures": "${version}"`, '"@modelship/pictures": "9.9.9"'),
      /dependency on @modelship\/pictures in runtime\/package\.json is 9\.9\.9/,
    ],
    [
      'another version in the source',
      'runtime/src/version.ts',
      (text) => text.replace(version, '9.9.9'),
      /RUNTIME_VERSION of .* is 9\.9\.9/,
    ],
    [
      'a dependency on another runtime',
      'package.json',
      (text) => text.replace(`"@modelship/runtime": "${version}"`, '"@modelship/runtime": "9.9.9"'),
      /dependency on @modelship\/runtime in package\.json is 9\.9\.9/,
    ],
    [
      'a version without changes',
      'CHANGELOG.md',
      (text) => `${text}\n## [${version}]\n`,
      /no changes under the heading/,
    ],
  ])('names %s', (_, file, change, fault) => {
    if (file !== 'CHANGELOG.md') edit('CHANGELOG.md', dated);
    edit(file, change);
    const { status, output } = release(folder, '--check', '--tag', `v${version}`);
    expect(status).toBe(1);
    expect(output).toMatch(fault);
  });

  test('names every fault at once, the tag among them', () => {
    edit('runtime/package.json', (text) => text.replace(version, '9.9.9'));
    const { output } = release(folder, '--check', '--tag', 'v8.8.8');
    expect(output.match(/^ {2}- /gm)).toHaveLength(3);
    expect(output).toContain(`the tag is v8.8.8, expected v${version}`);
  });

  test('requires a tag to publish', () => {
    const { status, output } = release(folder);
    expect(status).toBe(1);
    expect(output).toContain('the tag is undefined');
  });
});

test('npm accepts the packages in a dry run, each after those that it depends on', { timeout: 300_000 }, () => {
  const { status, output } = release(root, '--dry-run');
  expect(status, output).toBe(0);
  expect(output.match(/^\+ .+$/gm)).toEqual(
    ['@modelship/pictures', '@modelship/runtime', 'modelship'].map((name) => `+ ${name}@${version}`),
  );
  expect(output).toContain('public access (dry-run)');
});

describe('the workflows of GitHub Actions', () => {
  const workflows = join(root, '.github', 'workflows');
  const files = readdirSync(workflows);
  const commands = files.flatMap((file) =>
    [...readFileSync(join(workflows, file), 'utf8').matchAll(/- run: (.+)$/gm)].map(([, command]) => ({
      file,
      command: command!,
    })),
  );

  test.each(commands)('$file runs `$command`, which exists', ({ command }) => {
    const [program, ...args] = command.split(' ');
    if (program === 'node' || program!.startsWith('.')) {
      expect(readFileSync(join(root, program === 'node' ? args[0]! : program!), 'utf8')).not.toBe('');
    } else {
      expect(program).toBe('npm');
      if (args[0] === 'run') expect(Object.keys(manifest.scripts)).toContain(args[1]);
      else expect(args[0]).toBe('ci');
    }
  });

  test('run the quickstart on Linux, macOS and Windows, and the release without upload', () => {
    const ci = readFileSync(join(workflows, 'ci.yml'), 'utf8');
    for (const os of ['ubuntu', 'macos', 'windows']) expect(ci).toMatch(new RegExp(`os: \\[.*${os}-latest`));
    expect(commands).toContainEqual({ file: 'ci.yml', command: 'npm run quickstart' });
    expect(commands).toContainEqual({ file: 'ci.yml', command: 'node scripts/release.mjs --dry-run' });
  });
});
