import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Signature } from '../../../../runtime/src/tensor/tensor.js';

/** A model that the worker's module of a format is to load. */
export interface Load {
  readonly module: string;
  readonly path: string;
  readonly declared?: Partial<Signature>;
}

/** Why each cannot be served, in the words of the worker. One process loads all: frameworks take seconds to start. */
export function refusals(loads: readonly Load[]): (string | null)[] {
  const root = join(import.meta.dirname, '../../../..');
  const input = JSON.stringify(loads.map(({ module, path, declared = {} }) => [module, path, declared]));
  const pythonPath = [join(root, 'runtime/python'), import.meta.dirname].join(':');
  return JSON.parse(
    execFileSync(join(root, '.venv/bin/python'), [join(import.meta.dirname, 'refusals.py')], {
      input,
      env: { ...process.env, PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'ignore'],
      encoding: 'utf8',
    }),
  );
}
