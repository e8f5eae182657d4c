import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Tarballs } from '../package/project.js';
import { freePort } from '../support/free-port.js';
import { shareOf } from '../support/share.js';
import { pageSnippets, ROOT, type Snippet } from './snippets.js';

// Follows docs/tasks/first-model.md word for word, once for each persona, in an empty folder outside the repository.
const tarballs = new Tarballs();

const snippets = pageSnippets().filter(({ file, notRun }) => file === 'docs/tasks/first-model.md' && !notRun);
const sections = [...new Set(snippets.map(({ section }) => section!))];

const blocksOf = (title: string) => snippets.filter(({ section }) => section === title);

/** Sections that this run follows. */
const followed = shareOf(sections, 1);

/** Commands of a reader, by what each step begins with. */
const STEPS = {
  install: /^npm install \/tmp\/modelship\/\*\.tgz/m,
  pack: /^npx modelship pack /m,
  serve: /^npx modelship serve /m,
  predict: /^curl -d /m,
  'unit test': /^(?:npm test|node --import tsx --test .*)$/m,
  synth: /^(?:npx cdk synth|npx cdktf synth|npm run synth)/m,
};

/** The section as one script: commands as they are, and files written where the page names them. */
function script(blocks: readonly Snippet[], port: number): string {
  return blocks
    .flatMap(({ language, text, path }) => {
      if (language === 'sh') return [text];
      return path ? [`cat > ${path} <<'END-OF-FILE'\n${text}END-OF-FILE`] : [];
    })
    .join('\n')
    .replaceAll('/tmp/modelship', tarballs.packed)
    .replaceAll(':8080', `:${port}`)
    .replaceAll(/^npx modelship serve .*$/gm, (line) => {
      const ready = `curl -sf -o /dev/null http://127.0.0.1:${port}/v2/health/ready`;
      return `${line} --port ${port} & server=$!\nuntil ${ready}; do kill -0 $server; sleep 0.2; done`;
    });
}

/** Runs a script of bash, ends what it leaves running, and returns what it printed. */
async function run(text: string, directory: string): Promise<{ code: number | null; output: string }> {
  // npm sets its own settings and the workspace of the repository for the processes that it starts.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const child = spawn('bash', ['--norc', '-euc', text], {
    cwd: directory,
    // Readers confirm at the terminal that npx may download the CDK.
    env: { ...env, npm_config_yes: 'true', npm_config_prefer_offline: 'true', CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'exit');
  // The server still runs in the process group of the script.
  try {
    process.kill(-child.pid!, 'SIGTERM');
  } catch {}
  return { code, output };
}

test('the page addresses three personas', () => {
  expect(sections).toEqual([
    'You trained a model in Python',
    'You work with AWS CDK',
    'You work with Terraform on Azure or Google Cloud',
  ]);
});

describe.each(sections)('%s', (title) => {
  test.each(Object.entries(STEPS))('has the step: %s', (_, command) => {
    expect(
      blocksOf(title)
        .map(({ text }) => text)
        .join('\n'),
    ).toMatch(command);
  });
});

test.each(followed)(
  '%s: the section leads from an empty folder to a served model and a synthesized stack',
  { timeout: 1_200_000 },
  async (title) => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-persona-'));
    cpSync(join(ROOT, 'examples/iris/model.onnx'), join(folder, 'model.onnx'));
    cpSync(join(ROOT, 'examples/iris/samples/requests.json'), join(folder, 'samples.json'));
    const { code, output } = await run(script(blocksOf(title), await freePort()), folder);
    expect(code, output).toBe(0);
    expect(output.replaceAll(/\s/g, '')).toContain('"label":0');

    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.includes('node_modules'),
    );
    const read = (name: RegExp) =>
      files.filter((file) => name.test(file)).map((file) => readFileSync(join(folder, file), 'utf8'));
    const [{ digest }] = read(/models\/iris\/model\.json$/).map((text) => JSON.parse(text));
    const templates = read(/\.template\.json$|cdk\.tf\.json$/);
    expect(templates.length).toBeGreaterThan(0);
    for (const template of templates) expect(template).toContain(digest);
  },
);
