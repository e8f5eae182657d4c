import { resolve } from 'node:path';
import { type Manifest, ModelPackageError, PICKLE_FORMATS, readManifest } from '@modelship/runtime/manifest';

/** Options for reading a package. */
export interface ModelOptions {
  /**
   * Whether a format whose loading can run the file's own code (pickle, joblib, `torch.save`, `torch.export.save`) may be used.
   * Set it only for files that you trust as much as your own code.
   *
   * @default false
   */
  readonly trustPickle?: boolean;
}

/**
 * Model package to pass to a construct.
 *
 * @example
 * ```ts
 * import { Model } from 'modelship';
 *
 * const iris = Model.fromDirectory('models/iris');
 * ```
 */
export class Model {
  /**
   * Reads the package that `modelship pack` wrote to `directory`. Only the manifest is read here:
   * bundling and the runtime verify the files against it.
   *
   * @throws TypeError if `directory` is not a string
   * @throws ModelPackageError if there is no package, its manifest is invalid or was edited, or its format unpickles
   * and `trustPickle` is not set
   */
  static fromDirectory(directory: string, options: ModelOptions = {}): Model {
    if (typeof directory !== 'string') {
      throw new TypeError(`Model.fromDirectory() needs the path of a package's folder, got ${String(directory)}.`);
    }
    const manifest = readManifest(directory);
    if (PICKLE_FORMATS.includes(manifest.format) && !options.trustPickle) {
      throw new ModelPackageError(
        'FORMAT_UNTRUSTED',
        `model \`${manifest.name}\` has the format ${manifest.format}, and loading it can run code from the file. ` +
          'Export it to ONNX, or, if you trust its origin as your own code, pass `trustPickle: true` as ' +
          `Model.fromDirectory(${JSON.stringify(directory)}, { trustPickle: true }).`,
      );
    }
    return new Model(resolve(directory), manifest);
  }

  private constructor(
    /** Absolute path of the package's folder. */
    readonly directory: string,
    /** Manifest of the package. */
    readonly manifest: Manifest,
  ) {}

  /** Name that the model is served as. */
  get name(): string {
    return this.manifest.name;
  }

  /** Version that the model is served as. */
  get version(): string {
    return this.manifest.version;
  }

  /** `sha256:` and 64 hexadecimal digits, over everything in the package. */
  get digest(): string {
    return this.manifest.digest;
  }

  /** Bytes of all files together. */
  get sizeBytes(): number {
    return this.manifest.files.reduce((sum, file) => sum + file.size, 0);
  }
}
