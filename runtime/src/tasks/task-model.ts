import type { LoadedModel } from '../engines/index.js';
import { TENSORS_SIGNATURE } from '../manifest/index.js';
import type { TextOptions } from '../tensor/request.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../tensor/tensor.js';

/**
 * A model with the task of its package: the default signature is that of the task, and `tensors` runs the model itself.
 * Further models of the task have signatures of their own.
 */
export abstract class TaskModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly offload?: (threads: number) => Promise<void>;
  /** The model's own inputs and outputs. */
  protected readonly own: Signature;

  private readonly models: readonly LoadedModel[];

  /**
   * @param signature inputs and outputs of the task
   * @param further further models of the package, by the name of their signature
   */
  constructor(
    protected readonly model: LoadedModel,
    protected readonly signature: Signature,
    private readonly further: Readonly<Record<string, LoadedModel>> = {},
  ) {
    this.own = model.signatures[DEFAULT_SIGNATURE]!;
    this.models = [model, ...Object.values(further)];
    const others = Object.entries(further).map(([name, { signatures }]) => [name, signatures[DEFAULT_SIGNATURE]!]);
    this.signatures = {
      [DEFAULT_SIGNATURE]: signature,
      [TENSORS_SIGNATURE]: this.own,
      ...Object.fromEntries(others),
    };
    if (model.offload) {
      this.offload = async (threads) => {
        for (const each of this.models) await each.offload?.(threads);
      };
    }
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

  get hasOwnThread() {
    return this.model.hasOwnThread;
  }

  get isHealthy() {
    return this.models.every(({ isHealthy }) => isHealthy ?? true);
  }

  get fault() {
    return this.models.find(({ fault }) => fault !== undefined)?.fault;
  }

  run(inputs: readonly Tensor[], signatureName: string = DEFAULT_SIGNATURE, text?: TextOptions): Promise<Tensor[]> {
    if (signatureName === DEFAULT_SIGNATURE) return this.runTask(inputs, text);
    return (this.further[signatureName] ?? this.model).run(inputs);
  }

  async close(): Promise<void> {
    await Promise.all(this.models.map((each) => each.close()));
  }

  /** Runs the task on inputs of the default signature. */
  protected abstract runTask(inputs: readonly Tensor[], text?: TextOptions): Promise<Tensor[]>;
}
