// The small build of zod: the whole of it, with its forty languages, takes longer to load than a model. No other file
// imports it, so that it can be taken into the one that is made of this.

import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { DATATYPES, type Datatype } from '../tensor/datatype.js';
import { DIGEST, SHA256, VERSION } from './patterns.js';

/** The name of the manifest in a model package. */
export const MANIFEST_FILE = 'model.json';

/** The name of the golden samples in a model package. */
export const SAMPLES_FILE = 'samples.json';

/** The formats a model may be saved in. */
export const MODEL_FORMATS = [
  'onnx',
  'saved_model',
  'torchscript',
  'exported_program',
  'torch_pickle',
  'pickle',
  'lightgbm',
] as const;

/** A format a model may be saved in. */
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** The formats whose loading can run code that the file holds. */
export const PICKLE_FORMATS: readonly ModelFormat[] = ['exported_program', 'torch_pickle', 'pickle'];

/** The formats whose models take rows of a table: estimators, and models of boosted trees. */
export const TABULAR_FORMATS: readonly ModelFormat[] = ['pickle', 'lightgbm'];

// Without it, a fault would say no more than that the input is invalid.
// A schema that is used once is not worth compiling.
z.config({ ...en(), jitless: true });

const text = (pattern: RegExp, rule: string) => z.string().check(z.regex(pattern, rule));
const filled = z.string().check(z.minLength(1));
const count = z.int().check(z.gte(0));
const share = z.number().check(z.gte(0));

const sha256 = text(SHA256, 'must be 64 lower-case hexadecimal digits');

/** A path inside the package: relative, with forward slashes, and never out of it. */
const packagePath = text(
  /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\\\0]+$/,
  'must be a relative path inside the package, without `.` or `..`',
);

/** One pinned package. Installers read these lines, so that nothing else of their language may pass. */
const REQUIREMENT = /^[a-z0-9]+(-[a-z0-9]+)*==[0-9]+(\.[0-9]+)*[A-Za-z0-9.!+]*$/;

/** The packages that formats may require whose loading runs no code of the file, so that nobody was asked for trust. */
export const FRAMEWORKS = /^(numpy|tensorflow(-cpu)?|torch|lightgbm)==/;

const tensorSpec = z.strictObject({
  name: filled,
  datatype: z.enum(DATATYPES),
  shape: z.array(z.int().check(z.gte(-1))),
  labels: z.optional(z.array(z.string())),
  unused: z.optional(z.boolean()),
});

const tensorSpecs = z.array(tensorSpec).check(z.minLength(1));

const manifestObject = z.strictObject({
  schemaVersion: z.literal(1),
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
  requirements: z.optional(
    z.array(text(REQUIREMENT, 'must be `name==version`, without options, URLs, extras or markers')),
  ),
  files: z.array(z.strictObject({ path: packagePath, size: count, sha256 })).check(z.minLength(1)),
  digest: text(DIGEST, 'must be `sha256:` and 64 lower-case hexadecimal digits'),
});

/** An input or an output of a model. */
interface ManifestTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  labels?: string[] | undefined;
  /** Whether the model ignores the input, so that requests may leave it out. */
  unused?: boolean | undefined;
}

/** Contents of `model.json` in a model package. */
export interface Manifest {
  schemaVersion: 1;
  name: string;
  version: string;
  format: ModelFormat;
  artifact: string;
  inputs: ManifestTensor[];
  outputs: ManifestTensor[];
  /** Further signatures beside the default one that `inputs` and `outputs` describe. */
  signatures?: Record<string, { inputs: ManifestTensor[]; outputs: ManifestTensor[] }> | undefined;
  samples: { count: number; tolerance: { absolute: number; relative: number } };
  requirements?: string[] | undefined;
  files: { path: string; size: number; sha256: string }[];
  digest: string;
}

/** A file of a model package. `size` is in bytes. */
export type PackageFile = Manifest['files'][number];

/** A schema without the types of zod, which users with `moduleResolution: node10` cannot resolve. */
interface Schema<Value> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: Value }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** The schema of `model.json`. */
export const manifestSchema: Schema<Manifest> = manifestObject;

/** The schema of what a model is served as. */
export const identitySchema: Schema<Pick<Manifest, 'name' | 'version'>> = z.pick(manifestObject, {
  name: true,
  version: true,
});
