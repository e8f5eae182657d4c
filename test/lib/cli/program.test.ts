import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../../../lib/cli/program.js';
import { modelship } from './support.js';

const commands = program().commands.map((command) => command.name());

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8'));
  expect(await modelship('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('--help lists every command', async () => {
  const { code, stdout } = await modelship('--help');
  expect(code).toBe(0);
  for (const command of commands) expect(stdout).toContain(`  ${command} `);
});

describe.each(commands)('%s', (command) => {
  test('--help says what it is for, and goes to standard output', async () => {
    const { code, stdout, stderr } = await modelship(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: modelship ${command} `));
    expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n(?:.*\\n)*? +.*modelship ${command} `));
    if (command !== 'completion') expect(stdout).toContain('--json');
  });

  test('refuses an option that it does not know, with exit code 2', async () => {
    const { code, stdout, stderr } = await modelship(
      command,
      ...(command === 'doctor' ? [] : [command === 'completion' ? 'bash' : 'x']),
      ...(command === 'pack' ? ['--name', 'x'] : []),
      '--nonsense',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("unknown option '--nonsense'");
  });

  // `doctor` takes no argument.
  if (command === 'doctor') return;
  test('refuses to run without its argument, with exit code 2', async () => {
    const { code, stderr } = await modelship(command);
    expect(code).toBe(2);
    expect(stderr).toMatch(/missing required argument|required option/);
  });
});

test.each([
  [['pack', 'x', '--nmae', 'iris'], '--name'],
  [['predict', 'x', '--dat', '{}'], '--data'],
  [['bench', 'x', '--conections', '2'], '--connections'],
  [['serve', 'x', '--grpcport', '1'], '--grpc-port'],
])('%j is refused with the option that was meant', async (args, option) => {
  const { code, stderr } = await modelship(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(`Did you mean ${option}?`);
});

test('pack without a name is refused', async () => {
  const { code, stderr } = await modelship('pack', 'x');
  expect(code).toBe(2);
  expect(stderr).toContain("required option '-n, --name <name>' not specified");
});

test('a letter means one option on every command', () => {
  const meanings = new Map<string, Set<string>>();
  for (const { short, long } of program().commands.flatMap(({ options }) => options)) {
    if (short) meanings.set(short, (meanings.get(short) ?? new Set()).add(long!));
  }
  for (const [letter, options] of meanings)
    expect({ letter, options: [...options] }).toEqual({ letter, options: [expect.any(String)] });
});

test('a misspelt command is refused with the one that was meant', async () => {
  const { code, stderr } = await modelship('inspekt');
  expect(code).toBe(2);
  expect(stderr).toContain('Did you mean inspect?');
});
