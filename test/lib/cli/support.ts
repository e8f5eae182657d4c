import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import { main } from '../../../lib/cli/program.js';
import { writePackage } from '../../support/packages.js';

/** The repository's root. */
export const ROOT = join(__dirname, '..', '..', '..');

/** The package of the logistic regression on the iris flowers. */
export const IRIS = join(ROOT, 'examples', 'iris', 'model');

/** Writes a package of a model named `echo`, which answers the two numbers of a row as they came. */
export function echoPackage(datatype: 'FP32' | 'INT64', version = '1', directory?: string): string {
  const model = readFileSync(join(ROOT, 'test', 'fixtures', `echo_${datatype.toLowerCase()}.onnx`));
  return writePackage(
    {
      name: 'echo',
      version,
      inputs: [{ name: 'x', datatype, shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype, shape: [-1, 2] }],
      content: { 'model.onnx': model, 'samples.json': '[]' },
    },
    directory,
  );
}

/** What a run of the command line did. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `modelship` with `args` in this process. */
export async function modelship(...args: string[]): Promise<Run> {
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += text;
      return true;
    }),
  );
  try {
    return { code: await main(args), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** A server started by `modelship serve` in a process of its own. */
export interface Served {
  readonly url: string;
  /** Host and port of the gRPC server, if there is one. */
  readonly grpc?: string;
  readonly process: ChildProcess;
  /** Asks it to stop, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `modelship serve` on a free port, from the sources. */
export async function serve(directory: string, ...args: string[]): Promise<Served> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'bin', 'modelship.ts'), 'serve', directory, '--port', '0', '--json', ...args],
    {
      cwd: ROOT,
      env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const stop = () => {
      child.kill('SIGTERM');
      return exited;
    };
    const { url, grpc } = JSON.parse(line);
    return { url, grpc, process: child, stop };
  }
  throw new Error(`the server ended with exit code ${await exited}`);
}
