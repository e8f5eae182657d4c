import type { InputGuardAction } from '../contract.js';
import { LiveTraffic } from '../drift/live-traffic.js';
import { describeOutside, InputGuard } from '../guards/input-guard.js';
import { limitOutputs, type OutputLimits } from '../guards/output-guard.js';
import { type Manifest, ModelPackageError } from '../manifest/index.js';
import type { LogFields, LogLevel } from '../observability/log.js';
import type { ModelMetrics } from '../observability/model-metrics.js';
import { hasClasses, unlabelledScores } from '../tensor/classes.js';
import { InferenceError, invalid } from '../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../tensor/tensor.js';
import { DriftLog } from './drift-log.js';
import { readReference } from './reference.js';

/** Guards of the models of a server. */
export interface GuardOptions extends OutputLimits {
  /** What happens to requests outside the reference data of the package. @default - inputs are not checked */
  readonly inputGuard?: InputGuardAction;
  /** Minutes of requests that are compared with the distributions in the package. @default 60 */
  readonly driftWindowMinutes?: number;
}

/** Default minutes of a window. Shorter ones have few rows, and longer ones show a change late. */
const WINDOW_MINUTES = 60;

/** What guards need to know of the version that they guard. */
export interface GuardedVersion {
  readonly manifest: Manifest;
  readonly metrics: ModelMetrics;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
}

/** Checks the inputs of a version, and limits what callers see of its outputs. */
export class Guards {
  private constructor(
    private readonly options: GuardOptions,
    private readonly version: GuardedVersion,
    private readonly inputs: InputGuard | undefined,
    private readonly driftLog: DriftLog | undefined,
  ) {}

  /**
   * Reads what the guards need from the package in `directory`.
   *
   * @throws ModelPackageError `REFERENCE_MISSING` or `REFERENCE_INVALID`, or `LABELS_INVALID` if no output has classes
   */
  static async read(directory: string, options: GuardOptions, version: GuardedVersion): Promise<Guards> {
    const { manifest } = version;
    const { name, outputs } = manifest;
    if (options.outputTopK !== undefined) {
      if (!outputs.some(hasClasses)) throw withoutClasses(name);
      const shown = unlabelledScores(outputs);
      // The output may be the class itself as a floating-point number, so the model is served.
      if (shown) version.log('warn', `the output ${shown.name} has no class labels, so callers see all of its scores`);
    }
    const reference = await readReference(directory, manifest);
    if (!reference?.columns.length && options.inputGuard !== undefined) throw withoutReference(name);
    if (!reference) return new Guards(options, version, undefined, undefined);
    const { driftWindowMinutes = WINDOW_MINUTES } = options;
    const live = new LiveTraffic(reference, (driftWindowMinutes * 60_000) / 2);
    version.metrics.liveTraffic = live;
    const driftLog = new DriftLog(live, (message, fields) => version.log('info', message, fields));
    const guard = options.inputGuard === undefined ? undefined : new InputGuard(reference.columns);
    return new Guards(options, version, guard, driftLog);
  }

  /** Whether callers see less than the exact scores. */
  get hidesScores(): boolean {
    return this.options.outputDecimals !== undefined || this.options.outputTopK !== undefined;
  }

  /** Counts and checks the inputs of a request. @throws InferenceError `INVALID_ARGUMENT` if they are refused */
  check(inputs: readonly Tensor[]): void {
    const { metrics, log } = this.version;
    // Rejected requests count too: without them, a column that is always rejected would not show any drift.
    metrics.liveTraffic?.observe(inputs);
    this.driftLog?.requested();
    this.inputs?.check(inputs, (outside) => {
      const { name } = outside.column;
      // Values may be secret, so only callers see them.
      if (metrics.countOutside(name)) log('warn', `the first value outside the reference data in the column ${name}`);
      if (this.options.inputGuard === 'refuse') throw invalid(describeOutside(outside));
    });
  }

  /**
   * Rejects signatures other than the default one that would show all scores, such as that of the model's own tensors.
   *
   * @throws InferenceError `PERMISSION_DENIED`
   */
  checkSignature(name: string, { outputs }: Signature): void {
    const shown =
      this.options.outputTopK === undefined || name === DEFAULT_SIGNATURE ? undefined : unlabelledScores(outputs);
    if (!shown) return;
    throw new InferenceError(
      'PERMISSION_DENIED',
      `the signature ${name} of this model is disabled: its output ${shown.name} would reveal the scores that the server hides`,
    );
  }

  /** Whether the outputs of requests are counted. */
  get countsOutputs(): boolean {
    return this.version.metrics.liveTraffic?.countsOutputs ?? false;
  }

  /** Counts the outputs of a request. */
  countOutputs(outputs: readonly Tensor[]): void {
    this.version.metrics.liveTraffic?.observeOutputs(outputs);
  }

  /** Returns the outputs of a signature as callers see them. */
  limit(outputs: readonly Tensor[], { outputs: specs }: Signature): readonly Tensor[] {
    return limitOutputs(outputs, specs, this.options);
  }
}

/** Returns the error for a model without reference data whose inputs should be checked. */
function withoutReference(name: string): ModelPackageError {
  return new ModelPackageError(
    'REFERENCE_MISSING',
    `model \`${name}\` has no reference data of columns that its inputs could be compared with. Pack a model of rows of a table ` +
      'again with `modelship pack --reference FILE`, or remove the guard of its inputs.',
  );
}

/** Returns the error for a model without classes whose scores should be hidden. */
function withoutClasses(name: string): ModelPackageError {
  return new ModelPackageError(
    'LABELS_INVALID',
    `model \`${name}\` has no output with class labels, so it has no highest classes. Pack it again with ` +
      '`modelship pack --labels NAMES`, or remove the limit on the number of classes.',
  );
}
