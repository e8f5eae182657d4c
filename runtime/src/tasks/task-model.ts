import type { LoadedModel } from '../engines/index.js';
import { TENSORS_SIGNATURE } from '../manifest/index.js';
import type { TextOptions } from '../tensor/request.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../tensor/tensor.js';

/**
 * A model with the task of its package: the default signature is that of the task, and `tensors` runs the model itself.
 */
export abstract class TaskModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly offload?: (threads: number) => Promise<void>;
  /** The model's own inputs and outputs. */
  protected readonly own: Signature;

  /** @param signature inputs and outputs of the task */
  constructor(
    protected readonly model: LoadedModel,
    protected readonly signature: Signature,
  ) {
    this.own = model.signatures[DEFAULT_SIGNATURE]!;
    this.signatures = { [DEFAULT_SIGNATURE]: signature, [TENSORS_SIGNATURE]: this.own };
    if (model.offload) this.offload = (threads) => model.offload!(threads);
  }

  get requirements() {
    return this.model.requirements;
  }

  get restrictions() {
    return this.model.restrictions;
  }

  get concurrency() {
    return this.model.concurrency;
  }

  get queuedRuns() {
    return this.model.queuedRuns;
  }

  get processors() {
    return this.model.processors;
  }

  get isHealthy() {
    return this.model.isHealthy;
  }

  get fault() {
    return this.model.fault;
  }

  run(inputs: readonly Tensor[], signatureName: string = DEFAULT_SIGNATURE, text?: TextOptions): Promise<Tensor[]> {
    return signatureName === TENSORS_SIGNATURE ? this.model.run(inputs) : this.runTask(inputs, text);
  }

  close(): Promise<void> {
    return this.model.close();
  }

  /** Runs the task on inputs of the default signature. */
  protected abstract runTask(inputs: readonly Tensor[], text?: TextOptions): Promise<Tensor[]>;
}
