import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/**
 * Starts a thread.
 *
 * @param path path of the thread's module without its extension: a file of the package or of the bundle, or a source
 */
export function startThread(path: string, workerData?: unknown): Worker {
  const compiled = `${path}.js`;
  if (existsSync(compiled)) return new Worker(compiled, { workerData });
  // The sources are TypeScript.
  const modules = [require.resolve('tsx/cjs'), `${path}.ts`];
  const code = modules.map((each) => `require(${JSON.stringify(each)});`).join('');
  return new Worker(code, { workerData, eval: true, execArgv: [] });
}
