import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError, SAVED_MODEL_GRAPH } from '@modelship/runtime/manifest';
import type { Adopted, ForeignTool } from './adopted.js';
import { tensorFlowServing } from './tensorflow-serving.js';
import { versionsIn } from './versions.js';

/** Folder of the user's own scripts. The containers run `inference.py`, or the one that SAGEMAKER_PROGRAM names. */
const CODE = 'code';

const SCRIPT = join(CODE, 'inference.py');

/** Names of the model of each container, the first that exists. */
const MODELS: readonly { readonly file: string; readonly method?: Adopted['method'] }[] = [
  { file: 'xgboost-model' },
  { file: 'model.joblib', method: 'predict' },
  { file: 'model.pkl', method: 'predict' },
  { file: 'model.pth' },
  { file: 'model.pt' },
  { file: 'model.onnx' },
];

/**
 * Functions of a script that the containers call instead of their own. Scripts may define, import or assign them.
 * `model_fn` only loads the model. Logging uses the name `handler` too, so that only its definition and import count.
 */
const STEPS =
  /\b(input_fn|predict_fn|output_fn|transform_fn|input_handler|output_handler|(?<=\bdef +|\bimport\b.*)handler)\b/g;

/** Reads the content of SageMaker's `model.tar.gz`. */
export const sageMaker: ForeignTool = {
  name: 'SageMaker',
  id: 'sagemaker',
  recognize: (folder) => (existsSync(join(folder, SCRIPT)) ? SCRIPT : undefined),
  read: async (folder, context) => {
    const notes = scriptNotes(folder);
    const base = savedModelBase(folder);
    if (base !== undefined) {
      const adopted = await tensorFlowServing.read(base, context);
      return { ...adopted, notes: [...adopted.notes, ...notes] };
    }
    const found = MODELS.find(({ file }) => existsSync(join(folder, file)));
    if (found) return { model: join(folder, found.file), ...(found.method && { method: found.method }), notes };
    throw new ModelPackageError(
      'FILE_MISSING',
      `${folder} has none of ${MODELS.map(({ file }) => file).join(', ')}, and no SavedModel below a folder with its version. ` +
        'Give the file of the model itself.',
    );
  },
};

/** Whether a folder without a script has a model by the name that SageMaker's containers expect. */
export function hasSageMakerModel(folder: string): boolean {
  return ['xgboost-model', 'model.joblib'].some((file) => existsSync(join(folder, file))) || !!savedModelBase(folder);
}

/** Returns the folder above the versions of a SavedModel in one of the layouts of TensorFlow's containers. */
function savedModelBase(folder: string): string | undefined {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = ['.', join('export', 'Servo'), ...entries.map(({ name }) => name)];
  return names.map((name) => join(folder, name)).find((base) => versionsIn(base, [SAVED_MODEL_GRAPH]).length > 0);
}

/**
 * Returns a note on each script that only loads the model, or helps to.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if a script has steps around the model
 */
function scriptNotes(folder: string): string[] {
  const code = join(folder, CODE);
  if (!statSync(code, { throwIfNoEntry: false })?.isDirectory()) return [];
  const scripts = readdirSync(code, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const names = scripts.map(({ name }) => name).filter((name) => name.endsWith('.py'));
  return names.sort().map((name) => {
    const path = join(code, name);
    const steps = [...readFileSync(path, 'utf8').matchAll(STEPS)].map(([step]) => step);
    if (steps.length === 0) return `${CODE}/${name}: the model is loaded from its file instead of by the script`;
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path} names ${[...new Set(steps)].join(', ')}, which are steps around the model that a package does not run. ` +
        'Move them into the model, or give the file of the model to serve it without them.',
    );
  });
}
