import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelOrigin, ModelPackageError } from '@modelship/runtime/manifest';
import { isHuggingFaceFolder } from '../hugging-face/folder.js';
import type { PackOptions } from '../options.js';
import { ScratchFolder } from '../scratch-folder.js';
import type { Adopted, ForeignTool } from './adopted.js';
import { archiveKind, unpackArchive, zipNames } from './archive.js';
import { bentoml } from './bentoml.js';
import { refuseCoreMl } from './core-ml.js';
import { downloadMlflow, isMlflowUri, mlflow } from './mlflow.js';
import { mlserver } from './mlserver.js';
import { hasSageMakerModel, sageMaker } from './sagemaker.js';
import { tensorFlowServing } from './tensorflow-serving.js';
import { torchServe } from './torchserve.js';
import { triton } from './triton.js';

export type { Adopted } from './adopted.js';

/** Tools whose artefacts can be packed, each recognized by a file of its own. */
const TOOLS: readonly ForeignTool[] = [mlflow, sageMaker, torchServe, triton, tensorFlowServing, mlserver, bentoml];

/** What other tools saved, and the name of the tool. */
export interface Origin extends Adopted {
  /** Name of the tool in the manifest. */
  readonly tool: ModelOrigin;
}

/**
 * Reads the artefact of another tool, and calls `pack` with it. Files that had to be unpacked are removed afterwards.
 *
 * @param pack packs the artefact, or the model itself if no other tool saved it
 * @throws ModelPackageError, also if the artefact fits several tools
 */
export async function withAdopted<Result>(
  { source, name, trustPickle = false, trustCode = false, onStep = () => {} }: PackOptions,
  pack: (origin: Origin | undefined) => Promise<Result>,
): Promise<Result> {
  const scratch = new ScratchFolder(join(tmpdir(), 'modelship-adopt-'));
  const temporary = scratch.path;
  try {
    const folder = await folderOf(source, temporary, onStep);
    const isTemporary = folder !== source;
    const tool = folder === undefined ? undefined : toolOf(folder, isTemporary);
    if (!tool && folder !== undefined && isTemporary) throw unknownArchive(source, folder);
    if (!tool) return await pack(undefined);
    onStep(`Read the files of ${tool.name}`);
    const context = { name, temporary, isTemporary, trustPickle, trustCode, onStep };
    return await pack({ tool: tool.id, ...(await tool.read(folder!, context)) });
  } finally {
    scratch.remove();
  }
}

/** Files that show that a ZIP archive holds the folder of a tool. Models of PyTorch, Keras and skops are ZIP archives, too. */
const IN_ZIP =
  /(^|\/)(MLmodel|MAR-INF\/MANIFEST\.json|config\.pbtxt|models\.config|model-settings\.json|model\.yaml|code\/inference\.py)$/;

/** Returns the folder of an artefact, unpacked or downloaded if necessary. Returns undefined for a file. */
async function folderOf(
  source: string,
  temporary: string,
  onStep: (step: string) => void,
): Promise<string | undefined> {
  if (isMlflowUri(source)) {
    onStep(`Download ${source}`);
    return downloadMlflow(source, temporary);
  }
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return source;
  const kind = stats?.isFile() ? archiveKind(source) : undefined;
  if (kind === undefined || (kind === 'zip' && !zipNames(source).some((name) => IN_ZIP.test(name)))) return undefined;
  onStep(`Unpack ${source}`);
  const folder = join(temporary, 'unpacked');
  mkdirSync(folder);
  await unpackArchive(source, kind, folder);
  const [only, ...others] = readdirSync(folder, { withFileTypes: true });
  // People also pack the folder itself instead of its content.
  return only?.isDirectory() && others.length === 0 && !toolOf(folder, true) ? join(folder, only.name) : folder;
}

function unknownArchive(source: string, folder: string): ModelPackageError {
  const names = readdirSync(folder).sort().slice(0, 5).join(', ') || 'nothing';
  return new ModelPackageError(
    'FORMAT_UNKNOWN',
    `${source} is an archive of ${names}, which no known tool saved. Unpack it, and give the model in it.`,
  );
}

function toolOf(folder: string, isTemporary: boolean): ForeignTool | undefined {
  refuseCoreMl(folder);
  const found = TOOLS.flatMap((tool) => {
    const file = tool.recognize(folder, isTemporary);
    return file === undefined ? [] : [{ tool, file }];
  });
  // SageMaker's containers expect names that other tools use, too.
  if (found.length === 0) return hasSageMakerModel(folder) ? sageMaker : undefined;
  const names = found.map(({ tool, file }) => `${tool.name} (${file})`);
  if (isHuggingFaceFolder(folder)) names.push('Hugging Face (config.json)');
  if (names.length < 2) return found[0]?.tool;
  throw new ModelPackageError(
    'FORMAT_UNKNOWN',
    `${folder} has files of ${names.join(' and of ')}. Copy those of one of them to a folder, and pack that.`,
  );
}
