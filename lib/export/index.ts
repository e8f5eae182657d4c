import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { externalData, ModelPackageError } from '@modelship/runtime/manifest';
import { writeLayoutFile } from '../bundle/package-files.js';
import { Model } from '../model/model.js';
import { artifactFiles, type LayoutFile } from '../serving/servers/model-layout.js';
import { TRITON_FORMATS, tritonLayout } from '../serving/servers/triton.js';
import { checkFormat } from './formats.js';
import { mlflowLayout } from './mlflow.js';

/** Layout that a package is exported to, and its description for people. */
export const EXPORTS = {
  file: 'the model as it was packed',
  mlflow: 'a folder of MLflow',
  triton: 'a model repository of Triton',
} as const;

/** Layout that a package is exported to. */
export type ExportKind = keyof typeof EXPORTS;

/** Layouts by the kind of export. */
const LAYOUTS: Readonly<Record<ExportKind, (model: Model) => readonly LayoutFile[]>> = {
  file: (model) => {
    const { artifact } = model.manifest;
    return artifactFiles(model).map((file) => ({ ...file, path: posix.join(artifact, file.path) }));
  },
  mlflow: mlflowLayout,
  triton: (model) => {
    checkFormat(model, TRITON_FORMATS, 'Triton');
    return tritonLayout(model);
  },
};

/**
 * Writes the model of a package in the layout of another tool. Nothing is loaded, so that no format needs trust.
 *
 * @param directory folder of the package
 * @param out folder that is created, or an empty one
 * @returns paths of the files in `out`, with forward slashes
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if the tool does not load the format, `OUTPUT_EXISTS` if `out` is a
 * file or not empty, or an error of an invalid package
 */
export function exportPackage(directory: string, kind: ExportKind, out: string): string[] {
  const model = Model.fromDirectory(directory, { trustPickle: true, trustCode: true });
  const { task, format } = model.manifest;
  if (task && kind !== 'file') {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${directory} has the task ${task.type}, whose steps ${EXPORTS[kind]} cannot hold. Export the model with \`--to file\`.`,
    );
  }
  const present = statSync(out, { throwIfNoEntry: false });
  if (present && !(present.isDirectory() && readdirSync(out).length === 0)) {
    const state = present.isDirectory() ? 'not empty' : 'not a folder';
    throw new ModelPackageError('OUTPUT_EXISTS', `${resolve(out)} is ${state}. Give another folder with \`--out\`.`);
  }
  const layout = LAYOUTS[kind](model);
  const files = format === 'onnx' ? [...layout, ...companions(model, layout)] : layout;
  try {
    for (const file of files) writeLayoutFile(out, file);
  } catch (error) {
    for (const name of existsSync(out) ? readdirSync(out) : []) rmSync(join(out, name), { recursive: true });
    throw error;
  }
  return files.map(({ path }) => path).sort();
}

/** Returns the files with weights of an ONNX model, which must be beside it. */
function companions(model: Model, layout: readonly LayoutFile[]): LayoutFile[] {
  const source = join(model.directory, model.manifest.artifact);
  const folder = posix.dirname(layout.find((file) => file.source === source)!.path);
  return externalData(source).map((path) => {
    const file = model.manifest.files.find((each) => each.path === path);
    return { path: posix.join(folder, path), source: join(model.directory, path), sha256: file?.sha256 };
  });
}
