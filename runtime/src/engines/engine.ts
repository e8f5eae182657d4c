import type { Signature, Tensor } from '../inference/tensor.js';
import type { Manifest } from '../manifest/index.js';

/** A model in memory. */
export interface LoadedModel {
  /** What the artifact itself says it takes and gives; `serving_default` is always present. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Runs once over whole tensors. Inputs are in the signature's order; so are the outputs. */
  run(inputs: readonly Tensor[], signatureName?: string): Promise<Tensor[]>;
  /** Frees native memory. No run may be in flight. */
  close(): Promise<void>;
}

/** Loads the artifacts of some formats. */
export interface Engine {
  /** `directory` holds the package's files, already verified. */
  load(directory: string, manifest: Manifest, options: EngineOptions): Promise<LoadedModel>;
}

export interface EngineOptions {
  /** Threads for one run. @default all the CPUs the process may use */
  readonly threads?: number;
}
