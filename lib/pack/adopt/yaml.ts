import { resolve } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { requirePythonTool } from '../python-tool.js';

/**
 * Reads a YAML file by PyYAML, which the tools that write such files depend on.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if Python or PyYAML is missing, `ARTIFACT_INVALID` if the file is not YAML
 */
export async function readYaml(path: string): Promise<unknown> {
  return requirePythonTool(
    { yaml: resolve(path) },
    {
      missing: (python) => `${path} is YAML, and ${python} cannot read it`,
      fix: 'Install PyYAML with `pip install pyyaml`',
      failed: (reason) =>
        new ModelPackageError('ARTIFACT_INVALID', `${path} cannot be read as YAML: ${reason}. Copy or save it again.`),
    },
  );
}
