import { ModelPackageError } from '../manifest/package-error.js';
import type { ModelFormat } from '../manifest/schema.js';
import { type PickleFinding, type PickleScan, scanPickles } from './scan.js';

/**
 * Reads the pickles in a saved model, and rejects the model if one does what only hostile files do. No trust overrides this.
 *
 * @throws ModelPackageError `PICKLE_HOSTILE`, or `ARTIFACT_INVALID` if a pickle cannot be read to its end
 */
export async function checkPickles(path: string, format: ModelFormat): Promise<PickleScan> {
  const scan = await scanPickles(path, format);
  if (scan.hostile.length > 0) {
    throw new ModelPackageError(
      'PICKLE_HOSTILE',
      `${path} is not loaded, even if it is trusted, because it does what saved models do not: ${listOf(scan.hostile)}. ` +
        'Get the model from its author again, or export it to ONNX.',
    );
  }
  if (scan.damaged.length > 0) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} is damaged, so it is not loaded: ${listOf(scan.damaged)}. Copy it or save it again.`,
    );
  }
  return scan;
}

/** Describes what the pickles of a model import besides the classes of known frameworks, as the end of a sentence. */
export function describeUnknown({ unknown }: PickleScan): string {
  if (unknown.length === 0) return 'only classes and functions of known frameworks';
  return `${list(unknown.map(({ file, detail }) => `${detail} (${file})`))}, which may run any code`;
}

/** Maximum number of findings in one message. */
const MAX_NAMED = 10;

function listOf(findings: readonly PickleFinding[]): string {
  return list(findings.map(({ file, detail }) => `${file} ${detail}`));
}

function list(texts: readonly string[]): string {
  const rest = texts.length - MAX_NAMED;
  return rest > 0 ? `${texts.slice(0, MAX_NAMED).join('; ')}; and ${rest} more` : texts.join('; ');
}
