import { join } from 'node:path';
import { type Manifest, ModelPackageError } from '@modelship/runtime/manifest';
import type { Measurement } from '../compare/measurement.js';
import type { Comparison } from '../evaluate/comparison/comparison.js';
import { PROOF_FILE, readProofFile } from '../model/proof-file.js';
import type { ConversionName, Limits } from './conversions.js';

/** A row or golden sample that the optimized model answers otherwise. */
export interface Difference {
  /** Position in the samples or the data set. */
  readonly place: string;
  /** First difference of the row, with both values. */
  readonly difference: string;
}

/** Rows or golden samples that both models answered. */
export interface ComparedAnswers {
  readonly count: number;
  /** Number of those that differ by more than the limits. */
  readonly differing: number;
  /** Least signal-to-quantization-noise ratio of an answer, in decibels. @default - equal numbers, or none that are finite */
  readonly sqnr?: number;
  /** The first that differ. */
  readonly differences: readonly Difference[];
}

/** Size and figures of a package. */
export interface Figures {
  /** Size of the model with the files that it refers to. */
  readonly bytes: number;
  /** Figures of a server of the package. @default - it was not measured */
  readonly measured?: Measurement | undefined;
}

/** What was compared between a package and the package that an optimization made of it. */
export interface Proof extends Limits {
  readonly schemaVersion: 1;
  readonly conversion: ConversionName;
  /** Digest and format of the package before. */
  readonly from: Pick<Manifest, 'digest' | 'format'>;
  /** Versions of the Python packages that converted. */
  readonly converters: Readonly<Record<string, string>>;
  /** Golden samples of the package before. */
  readonly samples: ComparedAnswers;
  /** Rows of a data set. @default - none was given */
  readonly rows?: ComparedAnswers | undefined;
  /** Evaluation of both models on the rows. @default - the rows have no labels */
  readonly evaluation?: (Comparison & { readonly optimized: Comparison['metrics'] }) | undefined;
  readonly before: Figures;
  readonly after: Figures;
  /** Reasons to refuse the conversion, which the user accepted. Empty if there are none. */
  readonly accepted: readonly string[];
}

/**
 * Reads the proof of an optimized package, whose files the caller has verified.
 *
 * @returns undefined if the package was not made by an optimization
 * @throws ModelPackageError if this version does not read the proof
 */
export function readProof(directory: string, manifest: Manifest): Proof | undefined {
  const proof = readProofFile(directory, manifest) as Proof | undefined;
  if (proof === undefined || proof.schemaVersion === 1) return proof;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${join(directory, PROOF_FILE)} is of a newer version of Modelship. Install that version.`,
  );
}
