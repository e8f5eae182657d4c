import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelship, ROOT } from '../lib/cli/support.js';
import { ALL, shareOf } from '../support/share.js';

const EXAMPLES = join(ROOT, 'examples');
const PYTHON = join(ROOT, '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-gallery-'));

interface Page {
  readonly name: string;
  /** Commands that train, pack, evaluate and synthesize. */
  readonly commands: readonly (readonly string[])[];
  /** Commands that convert the model to ONNX by converters that they install, and use it. */
  readonly conversion: readonly (readonly string[])[];
  readonly metric: string;
  readonly value: number;
}

const page = (name: string) => readFileSync(join(EXAMPLES, name, 'README.md'), 'utf8');
const names = readdirSync(EXAMPLES).filter((name) => {
  return existsSync(join(EXAMPLES, name, 'README.md')) && page(name).includes('.cache/gallery/');
});

/** Reads the commands and the metric of a page. Files that the commands write are in a temporary folder. */
function pageOf(name: string): Page {
  const text = page(name);
  const [commands, conversion = []] = Array.from(text.matchAll(/```sh\n([^`]*)```/g), ([, block]) => {
    const lines = block!.trim().replaceAll('.cache/gallery', folder).split('\n');
    return lines.map(wordsOf);
  });
  const [, metric, value] = /^\| `(\w+)` \| ([\d.]+) \|$/m.exec(text)!;
  return { name, commands: commands!, conversion, metric: metric!, value: Number(value) };
}

/** Splits a command as a shell does, without the quotes around words. */
function wordsOf(command: string): string[] {
  return Array.from(command.matchAll(/(?:'[^']*'|[^' ])+/g), ([word]) => word.replaceAll("'", ''));
}

/** Runs a command of a page, and returns what it prints. */
async function run(words: readonly string[]): Promise<string> {
  const [program, command, ...args] = words;
  if (program === 'python') return execFileSync(PYTHON, [command!, ...args], { cwd: ROOT, encoding: 'utf8' });
  // It starts servers with the script of its process.
  if (command === 'modelship' && args[0] === 'optimize') return runProgram('modelship', args);
  if (command === 'modelship') {
    const json = args[0] === 'evaluate' ? ['--json'] : [];
    const { code, stdout, stderr } = await modelship(...args, ...json);
    expect(code, stderr).toBe(0);
    return stdout;
  }
  if (program!.startsWith('MODELSHIP_CONTEXT=')) return synthTerraform(words);
  expect([program, command, args[0]]).toEqual(['npx', 'cdk', 'synth']);
  const given = args.slice(1).filter((arg) => arg !== '-c');
  const context = Object.fromEntries(given.map((pair) => pair.split('=')));
  return runProgram('aws', [], { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') });
}

/** Runs `MODELSHIP_CONTEXT=… npx cdktf synth`, and expects the one stack that it names. */
function synthTerraform([setting, ...command]: readonly string[]): string {
  expect(command).toEqual(['npx', 'cdktf', 'synth']);
  const [name, context] = setting!.split('=') as [string, string];
  const out = mkdtempSync(join(folder, 'cdktf-'));
  const printed = runProgram('terraform', [], { [name]: context, CDKTF_OUTDIR: out });
  const { cloud, target } = JSON.parse(context);
  expect(readdirSync(join(out, 'stacks'))).toEqual([`${cloud}-${target}`]);
  return printed;
}

/** Runs a program of `bin`, and returns what it prints. */
function runProgram(name: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): string {
  const env = { ...process.env, ...variables };
  const command = ['--import', 'tsx', `bin/${name}.ts`, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('the gallery', () => {
  beforeAll(() => {
    vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
    // Threads of several libraries wait for each other on a busy machine.
    vi.stubEnv('OMP_NUM_THREADS', '1');
    // Where converters are installed.
    vi.stubEnv('XDG_CACHE_HOME', join(ROOT, '.cache'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('lists each page with its metric', () => {
    const index = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    expect(names.length).toBeGreaterThan(17);
    for (const { name, metric, value } of names.map(pageOf)) {
      expect(index).toMatch(new RegExp(`\\]\\(${name}/README\\.md\\) .*\`${metric}\` ${value} `));
    }
  });

  it.each(shareOf(names, 2, 'gallery'))(
    'runs the commands of %s, with the metric of its page',
    async (name) => {
      const { commands, conversion, metric, value } = pageOf(name);
      expect(commands).toHaveLength(4);
      const [train, pack, evaluate, synth] = commands as [string[], string[], string[], string[]];
      await run(train);
      await run(pack);
      const found = JSON.parse(await run(evaluate)).metrics[metric];
      expect(Math.abs(found - value)).toBeLessThanOrEqual(0.01 * value);
      await run(synth);
      // Converters are downloaded.
      if (ALL) for (const command of conversion) await run(command);
    },
    900_000,
  );
});
