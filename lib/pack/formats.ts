import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { externalData, type ModelFormat, ModelPackageError, PICKLE_FORMATS } from '@modelship/runtime/manifest';

/** Layout of a format's files in a package. */
export interface PackedFormat {
  /** Name of the artifact. It does not depend on the name of the source, so the digest depends on the content alone. */
  readonly artifact: string;
  /** Returns the paths of the files that the artifact refers to, relative to it. @default - none */
  readonly companions?: (source: string) => readonly string[];
}

/** Layouts of the formats that can be packed. */
const PACKED_FORMATS: Readonly<Record<ModelFormat, PackedFormat>> = {
  onnx: { artifact: 'model.onnx', companions: externalData },
  saved_model: { artifact: 'saved_model' },
  torchscript: { artifact: 'model.pt' },
  exported_program: { artifact: 'model.pt2' },
  torch_pickle: { artifact: 'model.pt' },
  pickle: { artifact: 'model.pkl' },
  skops: { artifact: 'model.skops' },
  lightgbm: { artifact: 'model.txt' },
  xgboost: { artifact: 'model.xgboost' },
  catboost: { artifact: 'model.cbm' },
  npz: { artifact: 'model.npz' },
  handler: { artifact: 'handler' },
};

/**
 * Copies the model into `directory`. Returns the name of the artifact.
 *
 * @param artifact name of the artifact. @default - that of the format
 * @throws ModelPackageError `ARTIFACT_INVALID` if a link leads out of the folder of the model
 */
export function copyArtifact(
  source: string,
  format: ModelFormat,
  directory: string,
  artifact = PACKED_FORMATS[format].artifact,
): string {
  const { companions } = PACKED_FORMATS[format];
  const isFolder = statSync(source).isDirectory();
  if (isFolder) for (const path of filesBelow(source)) refuseLinkOut(path, [source]);
  cpSync(source, join(directory, artifact), { recursive: true, dereference: true });
  for (const path of companions?.(source) ?? []) {
    // Download caches keep both as links to files that lie together elsewhere.
    refuseLinkOut(join(dirname(source), path), [dirname(source), dirname(realpathSync(source))]);
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    copyFileSync(join(dirname(source), path), join(directory, path));
  }
  for (const name of readdirSync(directory)) makeReadable(join(directory, name));
  return artifact;
}

/** Folder of Python modules in a package. */
const CODE_FOLDER = 'code';

/**
 * Copies Python modules into `directory`, without hidden files and compiled bytecode. Returns the folder that contains
 * them.
 *
 * @throws ModelPackageError `FILE_MISSING` if the source does not exist, `CODE_INVALID` if the format imports no code,
 * `ARTIFACT_INVALID` if a link leads out of the folder
 */
export function copyCode(source: string, format: ModelFormat, directory: string): string {
  if (!PICKLE_FORMATS.includes(format)) {
    throw new ModelPackageError(
      'CODE_INVALID',
      `\`--code\` is for pickles, and the model has the format ${format}, which imports no modules. Leave it out.`,
    );
  }
  copyModules(source, join(directory, CODE_FOLDER), '--code');
  return CODE_FOLDER;
}

/**
 * Copies Python modules into the folder `target`, without hidden files and compiled bytecode.
 *
 * @param option option that names the source
 * @throws ModelPackageError `FILE_MISSING` if the source does not exist, `ARTIFACT_INVALID` if a link leads out of the folder
 */
export function copyModules(source: string, target: string, option: string): void {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (!stats) {
    throw new ModelPackageError('FILE_MISSING', `there is no file or folder ${source}. Give one to \`${option}\`.`);
  }
  if (stats.isDirectory()) {
    const isCode = (path: string) => relative(source, path).split(sep).every(isCodeName);
    for (const path of filesBelow(source)) if (isCode(path)) refuseLinkOut(path, [source]);
    cpSync(source, target, { recursive: true, dereference: true, filter: isCode });
  } else {
    mkdirSync(target, { recursive: true });
    copyFileSync(source, join(target, basename(source)));
  }
  makeReadable(target);
}

function isCodeName(name: string): boolean {
  return !name.startsWith('.') && name !== '__pycache__' && !name.endsWith('.pyc');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
}

/** Refuses a link to a file outside all `folders`, because a model from elsewhere would take private files along. */
function refuseLinkOut(path: string, folders: readonly string[]): void {
  const target = realpathSync(path);
  if (folders.some((folder) => target.startsWith(realpathSync(folder) + sep))) return;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${path} is a link to ${target}, outside the folder of the model. If the file belongs to the model, replace the ` +
      'link with a copy: `cp -rL FOLDER COPY` replaces all links of a folder.',
  );
}

/**
 * Makes files readable for all users. Exporters may restrict them to their owner, but images and Lambda run as another
 * user.
 */
function makeReadable(path: string): void {
  const isFolder = statSync(path).isDirectory();
  chmodSync(path, isFolder ? 0o755 : 0o644);
  if (isFolder) for (const name of readdirSync(path)) makeReadable(join(path, name));
}
