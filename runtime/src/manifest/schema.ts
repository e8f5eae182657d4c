// The small build of zod is used, because the full build with forty languages takes longer to load than a model. Only
// this file imports zod, so that it can be bundled into this module.

import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { DATATYPES, type Datatype } from '../tensor/datatype.js';
import { DIGEST, SHA256, VERSION } from './patterns.js';

/** File name of the manifest in a model package. */
export const MANIFEST_FILE = 'model.json';

/** File name of the golden samples in a model package. */
export const SAMPLES_FILE = 'samples.json';

/** Formats of saved models. */
export const MODEL_FORMATS = [
  'onnx',
  'saved_model',
  'torchscript',
  'exported_program',
  'torch_pickle',
  'pickle',
  'lightgbm',
  'xgboost',
  'catboost',
] as const;

/** Format of a saved model. */
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** Formats that can run code from the file when loaded. */
export const PICKLE_FORMATS: readonly ModelFormat[] = ['exported_program', 'torch_pickle', 'pickle'];

/** Formats of models that take rows of a table: estimators and boosted trees. */
export const TABULAR_FORMATS: readonly ModelFormat[] = ['pickle', 'lightgbm', 'xgboost', 'catboost'];

// Without the locale, every message would only say that the input is invalid.
// Compiling a schema that is used only once is not worthwhile.
z.config({ ...en(), jitless: true });

const text = (pattern: RegExp, rule: string) => z.string().check(z.regex(pattern, rule));
const filled = z.string().check(z.minLength(1));
const count = z.int().check(z.gte(0));
const share = z.number().check(z.gte(0));

const sha256 = text(SHA256, 'must be 64 lower-case hexadecimal digits');

/** A path inside the package: relative, with forward slashes, and without leaving the package. */
const packagePath = text(
  /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\\\0]+$/,
  'must be a relative path inside the package, without `.` or `..`',
);

/** A pinned package. Installers read these lines, so no other syntax of requirements files is allowed. */
const REQUIREMENT = /^[a-z0-9]+(-[a-z0-9]+)*==[0-9]+(\.[0-9]+)*[A-Za-z0-9.!+]*$/;

/**
 * Packages that a format may require if loading it runs no code from the file. Users did not have to confirm trust for
 * these formats.
 */
export const FRAMEWORKS = /^(numpy|tensorflow(-cpu)?|torch|lightgbm|xgboost(-cpu)?|catboost)==/;

const tensorSpec = z.strictObject({
  name: filled,
  datatype: z.enum(DATATYPES),
  shape: z.array(z.int().check(z.gte(-1))),
  unknownRank: z.optional(z.boolean()),
  labels: z.optional(z.array(z.string())),
  categories: z.optional(z.array(z.string())),
  unused: z.optional(z.boolean()),
});

const tensorSpecs = z.array(tensorSpec).check(z.minLength(1));

/**
 * Version of the manifest's schema. A change that earlier versions of Modelship cannot read raises it. The manifest then
 * also has `minimumVersion`, the first version of Modelship that reads it.
 */
export const SCHEMA_VERSION = 1;

const manifestObject = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  name: text(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
    'must start with a letter and hold at most 63 letters, digits, `_` and `-`',
  ),
  version: text(VERSION, 'must be a whole number of at most 18 digits'),
  format: z.enum(MODEL_FORMATS),
  artifact: packagePath,
  inputs: tensorSpecs,
  outputs: tensorSpecs,
  signatures: z.optional(z.record(filled, z.strictObject({ inputs: tensorSpecs, outputs: tensorSpecs }))),
  samples: z.strictObject({ count, tolerance: z.strictObject({ absolute: share, relative: share }) }),
  code: z.optional(packagePath),
  requirements: z.optional(
    z.array(text(REQUIREMENT, 'must be `name==version`, without options, URLs, extras or markers')),
  ),
  files: z.array(z.strictObject({ path: packagePath, size: count, sha256 })).check(z.minLength(1)),
  digest: text(DIGEST, 'must be `sha256:` and 64 lower-case hexadecimal digits'),
});

/** An input or output of a model. */
export interface ManifestTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  /** Whether tensors may have any number of dimensions, so that `shape` is empty. */
  unknownRank?: boolean | undefined;
  labels?: string[] | undefined;
  /** Strings that the model was fitted with, for an input of categories. */
  categories?: string[] | undefined;
  /** Whether the model ignores the input, so that requests may omit it. */
  unused?: boolean | undefined;
}

/** Contents of `model.json` in a model package. */
export interface Manifest {
  schemaVersion: typeof SCHEMA_VERSION;
  name: string;
  version: string;
  format: ModelFormat;
  artifact: string;
  inputs: ManifestTensor[];
  outputs: ManifestTensor[];
  /** Signatures in addition to the default one, which `inputs` and `outputs` describe. */
  signatures?: Record<string, { inputs: ManifestTensor[]; outputs: ManifestTensor[] }> | undefined;
  samples: { count: number; tolerance: { absolute: number; relative: number } };
  /** Folder of the Python modules that the pickle imports. */
  code?: string | undefined;
  requirements?: string[] | undefined;
  files: { path: string; size: number; sha256: string }[];
  digest: string;
}

/** A file of a model package. `size` is in bytes. */
export type PackageFile = Manifest['files'][number];

/** A schema without zod's types, which users with `moduleResolution: node10` cannot resolve. */
interface Schema<Value> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: Value }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** Schema of `model.json`. */
export const manifestSchema: Schema<Manifest> = manifestObject;

/** Schema of the identity that a model is served under. */
export const identitySchema: Schema<Pick<Manifest, 'name' | 'version'>> = z.pick(manifestObject, {
  name: true,
  version: true,
});
