import { resolve } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { runPythonTool } from '../python-tool.js';

/**
 * Reads a YAML file by PyYAML, which the tools that write such files depend on.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if Python or PyYAML is missing, `ARTIFACT_INVALID` if the file is not YAML
 */
export async function readYaml(path: string): Promise<unknown> {
  const { report, failure } = await runPythonTool<unknown>({ yaml: resolve(path) });
  if (!failure) return report;
  const { kind, python, text } = failure;
  if (kind === 'FAILED') {
    throw new ModelPackageError('ARTIFACT_INVALID', `${path} cannot be read as YAML: ${text}. Copy or save it again.`);
  }
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${path} is YAML, and ${python} cannot read it (${text}). Install it with \`pip install pyyaml\`, or name another ` +
      'interpreter with MODELSHIP_PYTHON.',
  );
}
