import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pageSnippets, ROOT } from './snippets.js';

// personas.test.ts runs the first page, with the packages installed.
const FIRST = 'docs/tasks/first-model.md';
const snippets = pageSnippets();
const commands = snippets.filter(({ language }) => ['sh', 'dockerfile'].includes(language));
const skipped = snippets.filter(({ notRun }) => notRun);
const run = commands.filter(({ file, notRun }) => file !== FIRST && !notRun);
const files = [...new Set(run.map(({ file }) => file))];

/** `npx modelship` as a reader has it after installation. */
const NPX = `npx() { [ "$1" = modelship ] && shift && ${process.execPath} ${join(ROOT, 'dist/bin/modelship.js')} "$@"; }`;

beforeAll(() => {
  for (const { file, line, notRun } of skipped) console.log(`${file}:${line} not run here: ${notRun}`);
});

/** A folder as a reader's: a trained model, its samples, and a package made of them. */
function readersFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'modelship-docs-'));
  cpSync(join(ROOT, 'examples/iris/model.onnx'), join(made, 'model.onnx'));
  cpSync(join(ROOT, 'examples/iris/samples/requests.json'), join(made, 'samples.json'));
  mkdirSync(join(made, 'models'));
  return made;
}

test('docs/aws.md lists every context value of the AWS app', () => {
  const app = readFileSync(join(ROOT, 'bin/aws.ts'), 'utf8');
  const names = [...app.matchAll(/(?:tryGetContext|replicas)\('(\w+)'\)/g)].map(([, name]) => name!);
  expect(new Set(names).size).toBe(11);
  const page = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8');
  const [, section] = page.split('## Deploy with the app of this repository\n');
  const documented = section!.split('\n## ')[0]!;
  expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
});

test.each(files)('the commands of %s work in order', (page) => {
  const folder = readersFolder();
  const texts = run.filter(({ file }) => file === page).map(({ text }) => text);
  if (!texts.some((text) => / --out models\/iris$/m.test(text))) {
    cpSync(join(ROOT, 'examples/iris/model'), join(folder, 'models/iris'), { recursive: true });
  }
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euc', [NPX, ...texts].join('\n')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
});
