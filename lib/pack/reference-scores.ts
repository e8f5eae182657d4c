import { InferenceError, type Tensor, type TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import {
  floatsOf,
  type LabelledRow,
  type LoadedModel,
  performanceOf,
  type ReferencePerformance,
  randomNumbers,
} from '@modelship/runtime/serve';

/** Maximum number of classes. The package has up to 200 numbers for each. */
const MOST_CLASSES = 100;

/** Fewest rows with a label that tell what scores mean. */
const FEWEST_ROWS = 200;

/** Maximum number of rows that are kept. More are described by a sample of them. */
const MOST_SAMPLED = 100_000;

/** Runs a classifier on rows of reference data, to learn what its scores mean. */
export class ScoreSummary {
  private readonly sample: LabelledRow[] = [];
  private hasLabels = false;
  private labelled = 0;
  // The same rows give the same package.
  private readonly random = randomNumbers(2);

  /** @param output output with a score for each class */
  constructor(
    private readonly model: Pick<LoadedModel, 'run'>,
    private readonly output: TensorSpec,
  ) {}

  /**
   * Adds rows, unless they have no labels.
   *
   * @throws ModelPackageError `REFERENCE_INVALID` if the model cannot run them
   */
  async add(inputs: readonly Tensor[], classes: readonly (number | undefined)[] | undefined): Promise<void> {
    if (!classes) return;
    this.hasLabels = true;
    if (this.hasTooMany || classes.every((label) => label === undefined)) return;
    const outputs = await this.model.run(inputs).catch((error: unknown) => {
      if (!(error instanceof InferenceError)) throw error;
      throw new ModelPackageError('REFERENCE_INVALID', `the model cannot run the reference data: ${error.message}`);
    });
    const scores = floatsOf(outputs.find(({ name }) => name === this.output.name)!);
    const width = this.width;
    for (const [row, label] of classes.entries()) {
      const own = scores.slice(row * width, (row + 1) * width);
      if (label === undefined || own.some(Number.isNaN)) continue;
      // Reservoir sampling: each row has the same chance to be in the sample.
      const kept = this.labelled++ < MOST_SAMPLED ? this.sample.length : Math.floor(this.random() * this.labelled);
      if (kept < MOST_SAMPLED) this.sample[kept] = { scores: own, label };
    }
  }

  /** Returns what the scores mean. @returns undefined if the rows do not tell */
  summary(onNote: (note: string) => void): ReferencePerformance | undefined {
    if (!this.hasLabels) return undefined;
    const problem = this.hasTooMany
      ? `the model has ${this.width} classes, and at most ${MOST_CLASSES} are supported`
      : this.labelled < FEWEST_ROWS &&
        `${this.labelled} rows of the reference data have a label, and at least ${FEWEST_ROWS} are needed`;
    if (!problem) return performanceOf(this.output.name, this.sample);
    onNote(`servers do not estimate the accuracy: ${problem}`);
    return undefined;
  }

  private get width(): number {
    return this.output.labels!.length;
  }

  private get hasTooMany(): boolean {
    return this.width > MOST_CLASSES;
  }
}
