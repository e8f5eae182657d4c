import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  fileSha256Sync,
  type Manifest,
  ModelPackageError,
  readManifest,
  type Trust,
  trustFor,
} from '@modelship/runtime/manifest';
import { SIGNATURE_FILE } from '@modelship/runtime/signature';
import { checkCapture, type ModelCapture } from './capture.js';
import { checkGuards, type ModelGuards } from './guards.js';
import type { Signer } from './signer.js';

/** Options for reading a package. */
export interface ModelOptions {
  /**
   * Whether a format whose loading can run the file's own code (pickle, joblib, `torch.save`, `torch.export.save`) may be used.
   * Set it only for files that you trust as much as your own code.
   *
   * @default false
   */
  readonly trustPickle?: boolean;
  /**
   * Whether the package may have a handler, which is Python code that runs when it is loaded and for each request. Set it only
   * for code that you trust as much as your own.
   *
   * @default false
   */
  readonly trustCode?: boolean;
  /**
   * Signer that approved the package. Its signature (`model.sig`) is verified here, and by each replica before it loads the
   * model, on every target.
   *
   * @default - signatures are not verified
   */
  readonly signedBy?: Signer;
  /** Guards that each replica applies to requests and responses, on every target. @default - no guards */
  readonly guards?: ModelGuards;
  /** Capture of requests and responses by each replica, on every target. @default - nothing is captured */
  readonly capture?: ModelCapture;
}

/** Why a format needs trust, and the fix before the option. */
const WHY_UNTRUSTED: Readonly<Record<Trust, readonly [why: string, fix: string]>> = {
  trustPickle: ['loading it can run code from the file', 'Export it to ONNX, or,'],
  trustCode: ['its handler is code that runs for each request', 'Pack the model without the handler, or,'],
};

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
   * Reads the package that `modelship pack` wrote to `directory`. Without `signedBy`, only the manifest is read here:
   * bundling and the runtime verify the files against it.
   *
   * @throws TypeError if `directory` is not a string
   * @throws ModelPackageError if there is no package, its manifest is invalid or was edited, or its format unpickles
   * or runs code and `trustPickle` or `trustCode` is not set, or any error of `Signer.verify`, or if it lacks what a guard needs
   * or a column to redact
   * @throws RangeError if a number of the guards or of the capture is out of range
   */
  static fromDirectory(directory: string, options: ModelOptions = {}): Model {
    if (typeof directory !== 'string') {
      throw new TypeError(`Model.fromDirectory() needs the path of a package's folder, got ${String(directory)}.`);
    }
    const manifest = readManifest(directory);
    const trust = trustFor(manifest.format);
    if (trust && !options[trust]) {
      const [why, fix] = WHY_UNTRUSTED[trust];
      throw new ModelPackageError(
        'FORMAT_UNTRUSTED',
        `model \`${manifest.name}\` has the format ${manifest.format}, and ${why}. ` +
          `${fix} if you trust its origin as your own code, pass \`${trust}: true\` as ` +
          `Model.fromDirectory(${JSON.stringify(directory)}, { ${trust}: true }).`,
      );
    }
    options.signedBy?.verify(directory);
    const { signedBy, guards = {}, capture } = options;
    checkGuards(guards, manifest);
    if (capture) checkCapture(capture, manifest);
    return new Model(resolve(directory), manifest, signedBy, guards, capture);
  }

  private constructor(
    /** Absolute path of the package's folder. */
    readonly directory: string,
    /** Manifest of the package. */
    readonly manifest: Manifest,
    /** Signer whose signature replicas verify. */
    readonly signedBy: Signer | undefined,
    /** Guards that replicas apply. */
    readonly guards: ModelGuards,
    /** What replicas capture. */
    readonly capture: ModelCapture | undefined,
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

  /**
   * `sha256:` and 64 hexadecimal digits, over what is deployed: the package and, with `signedBy`, its signature. Stores,
   * archives and images are named by it, so that a package that is signed again is deployed again.
   */
  get deployedDigest(): string {
    if (!this.signedBy) return this.digest;
    const signature = fileSha256Sync(join(this.directory, SIGNATURE_FILE));
    return `sha256:${createHash('sha256').update(`${this.digest} ${signature}`).digest('hex')}`;
  }

  /** Bytes of all files together. */
  get sizeBytes(): number {
    return this.manifest.files.reduce((sum, file) => sum + file.size, 0);
  }
}
