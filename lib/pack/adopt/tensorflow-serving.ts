import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ModelPackageError, SAVED_MODEL_GRAPH } from '@modelship/runtime/manifest';
import { type Adopted, type ForeignTool, namedFile } from './adopted.js';
import { readTextProto, type TextProto } from './text-proto.js';
import { otherVersionsNote, servedVersion, versionNumber, versionsIn } from './versions.js';

/** File that lists the models of a server, as documented by TensorFlow Serving. */
const CONFIG_FILE = 'models.config';

/** Reads the base path of a model, whose folders are its versions, or a folder with `models.config`. */
export const tensorFlowServing: ForeignTool = {
  name: 'TensorFlow Serving',
  id: 'tensorflow_serving',
  recognize: (folder) => {
    if (existsSync(join(folder, CONFIG_FILE))) return CONFIG_FILE;
    // SageMaker's containers have scripts beside the versions.
    if (existsSync(join(folder, 'code'))) return undefined;
    const [version] = versionsIn(folder, [SAVED_MODEL_GRAPH]);
    return version === undefined ? undefined : `${version}/${SAVED_MODEL_GRAPH}`;
  },
  read: async (folder, { name }) => {
    const path = join(folder, CONFIG_FILE);
    return existsSync(path) ? readConfigured(folder, path, name) : readBase(folder);
  },
};

/** Reads the model of `models.config` that has the name of the package, or the only one. */
function readConfigured(folder: string, path: string, name: string): Adopted {
  const models = readTextProto(path)
    .messages('model_config_list')
    .flatMap((list) => list.messages('config'));
  const names = models.map((model) => model.text('name') ?? '');
  const model = models.length === 1 ? models[0] : models[names.indexOf(name)];
  if (!model) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${path} lists ${names.join(', ') || 'no models'}, and a package has one model. Give the name of one with \`--name\`.`,
    );
  }
  // Paths are those of the container that ran the server, where the folder was mounted elsewhere.
  const base = namedFile(folder, basename(model.text('base_path') ?? ''), `${path} (base_path)`);
  return readBase(base, model.message('model_version_policy'), configNotes(model));
}

function configNotes(model: TextProto): string[] {
  const labels = model.messages('version_labels').map((label) => `${label.text('key')} for ${label.text('value')}`);
  return labels.length > 0 ? [`version_labels: ${labels.join(', ')}; set them in MODELSHIP_MODELS of the server`] : [];
}

function readBase(base: string, policy?: TextProto, notes: readonly string[] = []): Adopted {
  const versions = versionsIn(base, [SAVED_MODEL_GRAPH]);
  const version = servedVersion(versions, policy);
  if (version === undefined || !versions.includes(version)) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${base} has ${versions.length > 0 ? `the versions ${versions.join(', ')}` : 'no version'}, and version ${version ?? 'N'} ` +
        `with ${SAVED_MODEL_GRAPH} is expected. Copy the whole folder of the version.`,
    );
  }
  const others = versions.filter((each) => each !== version);
  return {
    model: join(base, version),
    version: versionNumber(version),
    notes: [...notes, ...otherVersionsNote(others)],
  };
}
