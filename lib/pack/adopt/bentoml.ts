import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Adopted, type ForeignTool, namedFile } from './adopted.js';
import { mlflow } from './mlflow.js';

/** File that describes a model in the store of BentoML. */
const MODEL_FILE = 'model.yaml';

/** Files that describe a service, whose code loads models of the store. */
const SERVICE_FILES: readonly string[] = ['bento.yaml', 'bentofile.yaml'];

/** Name of the model, by the module of BentoML that saved it. */
const FILES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    sklearn: 'saved_model.pkl',
    picklable_model: 'saved_model.pkl',
    xgboost: 'saved_model.ubj',
    // BentoML gives the text of LightGBM this name.
    lightgbm: 'saved_model.ubj',
    catboost: 'saved_model.cbm',
    onnx: 'saved_model.onnx',
    torchscript: 'saved_model.pt',
    pytorch: 'saved_model.pt',
    tensorflow: '.',
    mlflow: 'mlflow_model',
  }),
);

/** Reads a model of BentoML's store, or an exported `.bentomodel`. */
export const bentoml: ForeignTool = {
  name: 'BentoML',
  id: 'bentoml',
  recognize: (folder) => {
    if (moduleOf(folder) !== undefined) return MODEL_FILE;
    return SERVICE_FILES.find((file) => existsSync(join(folder, file)));
  },
  read: async (folder, context): Promise<Adopted> => {
    const module = moduleOf(folder);
    if (module === undefined) {
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${folder} is a service of BentoML, whose code a package does not run. Export the model that it loads by ` +
          '`bentoml models export TAG model.bentomodel`, and give that file.',
      );
    }
    const place = `${join(folder, MODEL_FILE)} (module: bentoml.${module})`;
    const file = FILES.get(module);
    if (file === undefined) {
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${place} saved the model, and those of ${[...FILES.keys()].join(', ')} can be packed. Export the model to ONNX.`,
      );
    }
    const model = namedFile(folder, file, place);
    return module === 'mlflow' ? mlflow.read(model, context) : { model, notes: [] };
  },
};

/** Returns the module of BentoML that saved a model. Undefined if the folder is not a model of BentoML. */
function moduleOf(folder: string): string | undefined {
  const path = join(folder, MODEL_FILE);
  return existsSync(path) ? /^module: ['"]?bentoml\.(\w+)/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
}
