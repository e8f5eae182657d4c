import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, serve } from '../lib/cli/support.js';
import { localAws } from '../support/moto.js';
import { requireTool } from '../support/tools.js';
import { pageSnippets } from './snippets.js';

// The programs of docs/tasks/clients.md call a real server.
const programs = pageSnippets().filter(({ file }) => file === 'docs/tasks/clients.md');
const LANGUAGES: Readonly<Record<string, () => readonly string[]>> = {
  python: () => [requireTool('python3'), '-c'],
  js: () => [process.execPath, '--input-type=module', '-e'],
};
let server: Served;
beforeAll(async () => {
  server = await serve('examples/iris/model');
});
afterAll(() => server.stop());

async function run([command, ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(command!, args, { env: { ...process.env, ...localAws('http://127.0.0.1:9') } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

test('every program is of a language that is run', () => {
  expect(programs.map(({ language }) => language).filter((language) => !(language in LANGUAGES))).toEqual([]);
});

test.each(programs.filter(({ notRun }) => !notRun))('$file:$line predicts', async ({ language, text }) => {
  const program = text.replaceAll('http://127.0.0.1:8080', server.url);
  const { code, output } = await run([...LANGUAGES[language]!(), program]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^(?:0|\{.*'label': 0.*\})\n$/) });
});

test.each(programs.filter(({ notRun }) => notRun))('$file:$line is valid Python', async ({ text }) => {
  const parse = 'import ast, sys; ast.parse(sys.argv[1])';
  expect(await run([requireTool('python3'), '-c', parse, text])).toEqual({ code: 0, output: '' });
});
