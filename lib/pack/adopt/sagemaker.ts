import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import { ModelPackageError, SAVED_MODEL_GRAPH } from '@modelship/runtime/manifest';
import type { Adopted, ForeignTool } from './adopted.js';
import { installedPins, pinnedPackages, versionNotes } from './pinned-versions.js';
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

/** Function of a script that only loads the model. */
const LOADS = 'model_fn';

/** Functions of a script that the containers call instead of their own. Scripts may define, import or assign them. */
const FUNCTIONS = /\b(model_fn|input_fn|predict_fn|output_fn|transform_fn)\b/g;

/**
 * Functions that the containers for TensorFlow call, beside a server of TensorFlow Serving. Logging uses the name `handler` too,
 * so that only its definition and import count.
 */
const TENSORFLOW_STEPS = /\b(input_handler|output_handler|(?<=\bdef +|\bimport\b.*)handler)\b/g;

/** Packages of a script, with their versions. */
const REQUIREMENTS = 'requirements.txt';

/** Module that the container for PyTorch loads without a function for it. */
const TORCHSCRIPT = /\.pth?$/;

/** Reads the content of SageMaker's `model.tar.gz`. */
export const sageMaker: ForeignTool = {
  name: 'SageMaker',
  id: 'sagemaker',
  recognize: (folder) => (existsSync(join(folder, SCRIPT)) ? SCRIPT : undefined),
  read: async (folder, context) => {
    const scripts = scriptsOf(folder);
    refuseTensorFlowSteps(folder, scripts);
    if (scripts.some(hasSteps)) return handlerOf(folder, scripts);
    const base = savedModelBase(folder);
    if (base !== undefined) {
      const adopted = await tensorFlowServing.read(base, context);
      return { ...adopted, notes: [...adopted.notes, ...scripts.map(notRun)] };
    }
    const found = MODELS.find(({ file }) => existsSync(join(folder, file)));
    if (scripts.some(isEntry) && (context.trustCode || !found)) return handlerOf(folder, scripts);
    if (found) {
      const { file, method } = found;
      return {
        model: join(folder, file),
        ...(method && { method }),
        notes: scripts.map((script) => `${notRun(script)}${isEntry(script) ? '; `--trust-code` runs it' : ''}`),
      };
    }
    throw new ModelPackageError(
      'FILE_MISSING',
      `${folder} has none of ${MODELS.map(({ file }) => file).join(', ')}, and no SavedModel below a folder with its version. ` +
        'Give the file of the model itself.',
    );
  },
};

/** A script beside the model. */
interface Script {
  /** Name of its file. */
  readonly name: string;
  readonly text: string;
  /** Functions that it names. */
  readonly functions: readonly string[];
}

/** Whether a script has a function that the containers call. */
function isEntry({ functions }: Script): boolean {
  return functions.length > 0;
}

/** Whether a script does more than to load the model. */
function hasSteps({ functions }: Script): boolean {
  return functions.some((name) => name !== LOADS);
}

function notRun({ name }: Script): string {
  return `${CODE}/${name}: the model is loaded from its file instead of by the script`;
}

function scriptsOf(folder: string): readonly Script[] {
  const code = join(folder, CODE);
  if (!statSync(code, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(code, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith('.py'));
  return names.sort().map((name) => {
    const text = readFileSync(join(code, name), 'utf8');
    return { name, text, functions: namesIn(text, FUNCTIONS) };
  });
}

function namesIn(text: string, names: RegExp): readonly string[] {
  return [...new Set(Array.from(text.matchAll(names), ([name]) => name))];
}

/** @throws ModelPackageError `FORMAT_UNSUPPORTED` */
function refuseTensorFlowSteps(folder: string, scripts: readonly Script[]): void {
  for (const { name, text } of scripts) {
    const steps = namesIn(text, TENSORFLOW_STEPS);
    if (steps.length === 0) continue;
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${join(folder, CODE, name)} names ${steps.join(', ')}, which the containers for TensorFlow call beside a server of ` +
        'TensorFlow Serving, and which a package does not run. Move them into the model, or give the folder of the SavedModel to ' +
        'serve it without them.',
    );
  }
}

/** Returns the script that answers requests: `inference.py`, or the only one that could. */
async function handlerOf(folder: string, scripts: readonly Script[]): Promise<Adopted> {
  const { name } = scriptThatRuns(folder, scripts);
  const requirements = join(CODE, REQUIREMENTS);
  const pinned = pinnedPackages(join(folder, requirements));
  const hasModule = readdirSync(folder).some((file) => TORCHSCRIPT.test(file));
  const { pins, missing } = await installedPins([...Object.keys(pinned), ...(hasModule ? ['torch'] : [])]);
  return {
    model: folder,
    handler: { kind: 'sagemaker', module: parse(name).name },
    packages: pins,
    notes: [
      ...(await versionNotes(pinned, undefined)),
      ...missing.map((each) => `${each}: ${requirements} lists it, and it is not installed`),
    ],
  };
}

/** @throws ModelPackageError `ARTIFACT_INVALID` if several scripts could answer requests, or the name of one is not a module's */
function scriptThatRuns(folder: string, scripts: readonly Script[]): Script {
  const entries = scripts.filter(scripts.some(hasSteps) ? hasSteps : isEntry);
  const named = scripts.filter(({ name }) => join(CODE, name) === SCRIPT);
  const [script, ...others] = named.length > 0 ? named : entries;
  const place = `${join(folder, CODE)} has `;
  if (others.length > 0) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${place}several scripts: ${entries.map(({ name }) => name).join(', ')}. Name the one that SageMaker runs inference.py.`,
    );
  }
  if (!/^[A-Za-z_]\w*\.py$/.test(script!.name)) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${place}${script!.name}, which is not the name of a module. Name it inference.py.`,
    );
  }
  return script!;
}

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
