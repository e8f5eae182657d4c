import { existsSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { TensorSpec } from '@modelship/runtime';
import {
  type Handler,
  type ImageClassificationTask,
  type ModelOrigin,
  ModelPackageError,
} from '@modelship/runtime/manifest';
import { type Json, readJsonFile } from '../json-file.js';
import type { SampleRequest } from '../sample-requests.js';

/** A model that another tool saved, in terms of `modelship pack`. */
export interface Adopted {
  /** Path of the model itself: a file, or the folder of a SavedModel or of a handler. */
  readonly model: string;
  /** Inputs, for formats that do not record them. @default - those that the file records */
  readonly inputs?: readonly TensorSpec[];
  /** Method of an estimator whose result the tool's server responds with. @default - all results */
  readonly method?: 'predict' | 'predict_proba';
  /** Names of the outputs, for formats that record only their order. @default - made-up names */
  readonly outputNames?: readonly string[];
  /** Steps around the model, whose only output has the logits of the classes. @default - none */
  readonly task?: Omit<ImageClassificationTask, 'output'>;
  /** Class names of the scores. @default - none; with a task, the indexes of the classes */
  readonly labels?: readonly string[];
  /** Code that answers requests, in the folder `model`. @default - the model answers them */
  readonly handler?: Handler;
  /** Lines of requirements of the code. @default - none beyond the packages that it imports */
  readonly packages?: readonly string[];
  /** Folder of the Python modules that a pickle imports. @default - it imports installed packages only */
  readonly code?: string;
  /** Requests for golden samples. @default - none */
  readonly requests?: readonly SampleRequest[];
  /** Version of the model, an integer in decimal notation. @default - the tool records none */
  readonly version?: string;
  /** Settings that the package does not keep, each with the reason. */
  readonly notes: readonly string[];
}

/** Context of a tool that reads an artefact. */
export interface AdoptContext {
  /** Name of the package, which chooses one of several models. */
  readonly name: string;
  /** Folder for files that the tool has to make, which is removed after packing. */
  readonly temporary: string;
  /** Whether the artefact was unpacked or downloaded, so that paths in it that lead out of it are not followed. */
  readonly isTemporary: boolean;
  /** Whether code of the artefact may run to load its weights. */
  readonly trustPickle: boolean;
  /** Whether code of the artefact may run, also to answer requests. */
  readonly trustCode: boolean;
  /** Called with each step when it starts. */
  readonly onStep: (step: string) => void;
}

/** Another tool, whose artefacts can be packed. */
export interface ForeignTool {
  /** Name of the tool, for people. */
  readonly name: string;
  /** Name of the tool in the manifest. */
  readonly id: ModelOrigin;
  /** File that shows that a folder is the tool's, for people. Undefined if the folder is not the tool's. */
  recognize(folder: string, isTemporary: boolean): string | undefined;
  /**
   * Reads the artefact in a folder.
   *
   * @throws ModelPackageError
   */
  read(folder: string, context: AdoptContext): Promise<Adopted>;
}

/** Returns a value if it is an object, and otherwise an empty object. */
export function object(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
}

/**
 * Reads an object of JSON. Other values are read as an empty object.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if the file is not JSON
 */
export function readJson(path: string): Json {
  return object(readJsonFile(path));
}

/**
 * Returns the path of a file or folder that an artefact names.
 *
 * @param place file and setting that name it
 * @throws ModelPackageError `FILE_MISSING`, or `ARTIFACT_INVALID` if the path or a link leads out of the folder
 */
export function namedFile(folder: string, name: unknown, place: string): string {
  if (typeof name !== 'string' || name === '') {
    throw new ModelPackageError('ARTIFACT_INVALID', `${place} must name a file of ${folder}. Save the model again.`);
  }
  const path = join(folder, name);
  if (!existsSync(path)) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${place} names ${name}, and ${path} is missing. Copy the whole folder.`,
    );
  }
  if (`${realpathSync(path)}${sep}`.startsWith(`${realpathSync(folder)}${sep}`)) return path;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${place} names ${name}, which leads out of ${folder}. Copy the file into the folder, and name it there.`,
  );
}
