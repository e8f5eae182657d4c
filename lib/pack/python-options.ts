import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { EngineOptions } from '@modelship/runtime/serve';

/** Returns the options of Python workers that the environment of a command sets, as that of a server does. */
export function pythonOptions(): Pick<EngineOptions, 'python' | 'workerEnvironment'> {
  return {
    python: process.env[ENVIRONMENT.python],
    workerEnvironment: process.env[ENVIRONMENT.workerEnvironment]?.split(',').map((each) => each.trim()),
  };
}
