import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { EngineOptions } from '@modelship/runtime/serve';
import type { PackOptions } from './options.js';

/** Returns the options of Python workers that the environment of a command sets, as that of a server does. */
export function pythonOptions(): Pick<EngineOptions, 'python' | 'workerEnvironment'> {
  return {
    python: process.env[ENVIRONMENT.python],
    workerEnvironment: process.env[ENVIRONMENT.workerEnvironment]?.split(',').map((each) => each.trim()),
  };
}

/** Returns the options to load a model that is being packed. A single thread makes sums reproducible. */
export function engineOptions({ trustPickle, trustCode }: PackOptions): EngineOptions {
  return { threads: 1, trustPickle, trustCode, ...pythonOptions() };
}
