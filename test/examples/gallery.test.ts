import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelship, ROOT } from '../lib/cli/support.js';
import { shareOf } from '../support/share.js';

const EXAMPLES = join(ROOT, 'examples');
const PYTHON = join(ROOT, '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-gallery-'));

interface Page {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
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
  const [, block] = /```sh\n([^`]*)```/.exec(text)!;
  const [, metric, value] = /^\| `(\w+)` \| ([\d.]+) \|$/m.exec(text)!;
  const lines = block!.trim().replaceAll('.cache/gallery', folder).split('\n');
  return { name, commands: lines.map((line) => line.split(' ')), metric: metric!, value: Number(value) };
}

/** Runs a command of a page, and returns what it prints. */
async function run([program, command, ...args]: readonly string[]): Promise<string> {
  if (program === 'python') return execFileSync(PYTHON, [command!, ...args], { cwd: ROOT, encoding: 'utf8' });
  if (command === 'modelship') {
    const json = args[0] === 'evaluate' ? ['--json'] : [];
    const { code, stdout, stderr } = await modelship(...args, ...json);
    expect(code, stderr).toBe(0);
    return stdout;
  }
  expect([program, command, args[0]]).toEqual(['npx', 'cdk', 'synth']);
  const given = args.slice(1).filter((arg) => arg !== '-c');
  const context = Object.fromEntries(given.map((pair) => pair.split('=')));
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') };
  const app = spawnSync(process.execPath, ['--import', 'tsx', 'bin/aws.ts'], { cwd: ROOT, env, encoding: 'utf8' });
  expect(app.status, app.stderr).toBe(0);
  return app.stdout;
}

describe('the gallery', () => {
  beforeAll(() => void vi.stubEnv('MODELSHIP_PYTHON', PYTHON));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('lists each page with its metric', () => {
    const index = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    expect(names.length).toBeGreaterThan(10);
    for (const { name, metric, value } of names.map(pageOf)) {
      expect(index).toMatch(new RegExp(`\\]\\(${name}/README\\.md\\) .*\`${metric}\` ${value} `));
    }
  });

  it.each(shareOf(names, 2, 'gallery'))(
    'runs the commands of %s, with the metric of its page',
    async (name) => {
      const { commands, metric, value } = pageOf(name);
      expect(commands).toHaveLength(4);
      const [train, pack, evaluate, synth] = commands as [string[], string[], string[], string[]];
      await run(train);
      await run(pack);
      const found = JSON.parse(await run(evaluate)).metrics[metric];
      expect(Math.abs(found - value)).toBeLessThanOrEqual(0.01 * value);
      await run(synth);
    },
    900_000,
  );
});
