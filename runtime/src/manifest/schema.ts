import { z } from 'zod';
import { DATATYPES } from '../inference/datatype.js';

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
] as const;

/** A format a model may be saved in. */
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** The formats whose loading runs code that the file names. */
export const PICKLE_FORMATS: readonly ModelFormat[] = ['torch_pickle', 'pickle'];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');

/** A path inside the package: relative, with forward slashes, and never out of it. */
const packagePath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\\\0]+$/, 'must be a relative path inside the package, without `.` or `..`');

const tensorSpec = z.strictObject({
  name: z.string().min(1),
  datatype: z.enum(DATATYPES),
  shape: z.array(z.int().min(-1)),
  labels: z.array(z.string()).optional(),
});

const tensorSpecs = z.array(tensorSpec).min(1);

/** The schema of `model.json`. */
export const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
      'must start with a letter and hold at most 63 letters, digits, `_` and `-`',
    ),
  // A number in decimal, because TensorFlow Serving's routes and gRPC messages hold an int64.
  version: z.string().regex(/^(0|[1-9]\d{0,17})$/, 'must be a whole number of at most 18 digits'),
  format: z.enum(MODEL_FORMATS),
  artifact: packagePath,
  inputs: tensorSpecs,
  outputs: tensorSpecs,
  /** Further signatures beside the default one that `inputs` and `outputs` describe. */
  signatures: z.record(z.string().min(1), z.strictObject({ inputs: tensorSpecs, outputs: tensorSpecs })).optional(),
  samples: z.strictObject({
    count: z.int().min(0),
    tolerance: z.strictObject({ absolute: z.number().min(0), relative: z.number().min(0) }),
  }),
  requirements: z.array(z.string().min(1)).optional(),
  files: z.array(z.strictObject({ path: packagePath, size: z.int().min(0), sha256 })).min(1),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be `sha256:` and 64 lower-case hexadecimal digits'),
});

/** What a model package says of itself. */
export type Manifest = z.infer<typeof manifestSchema>;

/** A file of a model package. `size` is in bytes. */
export type PackageFile = Manifest['files'][number];
