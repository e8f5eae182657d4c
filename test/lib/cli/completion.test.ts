import { execFileSync } from 'node:child_process';
import { accessSync } from 'node:fs';
import { expect, test } from 'vitest';
import { program } from '../../../lib/cli/program.js';
import { modelship, ROOT } from './support.js';

/** What bash proposes for the last of `words`. */
async function proposals(...words: string[]): Promise<string[]> {
  const { stdout } = await modelship('completion', 'bash');
  const script = `${stdout}
COMP_WORDS=(modelship ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_modelship
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', cwd: ROOT }).trim().split('\n');
}

test('bash completes commands, options, choices and files', async () => {
  expect(await proposals('')).toEqual(program().commands.map((command) => command.name()));
  expect(await proposals('eva')).toEqual(['evaluate']);
  expect(await proposals('--v')).toEqual(['--version']);
  expect(await proposals('serve', '--g')).toEqual(['--grpc-port']);
  expect(await proposals('pack', 'model.onnx', '--trust-p')).toEqual(['--trust-pickle']);
  expect(await proposals('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await proposals('serve', 'READ')).toEqual(['README.md']);
});

test.each(['zsh', 'fish'])('%s reads the script, where it is installed', async (shell) => {
  const { code, stdout } = await modelship('completion', shell);
  expect(code).toBe(0);
  for (const command of program().commands) {
    for (const { long } of command.options)
      expect(stdout).toContain(shell === 'zsh' ? `${long}[` : `-l ${long!.slice(2)} `);
  }
  const path = ['/bin', '/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/${shell}`).find(exists);
  if (path) execFileSync(path, ['-n'], { input: stdout });
});

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
