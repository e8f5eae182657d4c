import { join } from 'node:path';
import { ModelPackageError, RECOMMEND_SIGNATURE } from '../../manifest/index.js';
import { InferenceError } from '../../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { CalledThread } from '../../worker-thread.js';
import type { Artifact, Engine, EngineOptions, LoadedModel } from '../engine.js';

/** Functions of the thread of a recommendation model. */
export interface RecommendCalls {
  /** Reads the arrays at a path. Returns queries that suit them, or what is wrong with them. */
  load(path: string): Promise<{ readonly examples: readonly string[] } | { readonly fault: string }>;
  /** Answers queries. @throws InferenceError `INVALID_ARGUMENT` */
  recommend(queries: readonly string[]): string[];
}

/** Queries of one call to the thread. Those of more are answered by several calls. */
const QUERIES_OF_CALL = 64;

const INPUT = RECOMMEND_SIGNATURE.inputs[0]!;
const OUTPUT = RECOMMEND_SIGNATURE.outputs[0]!;

/** Runs recommendation models whose arrays NumPy saved, each in a thread of its own. */
export const recommendEngine: Engine = {
  async load({ path }: Artifact, { timeoutSeconds }: EngineOptions): Promise<LoadedModel> {
    const thread: RecommendThread = new CalledThread(join(__dirname, 'recommend-thread'), 'the thread of the model');
    const loaded = await thread.call([], 'load', path).catch(async (error: Error) => {
      await thread.end();
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${path} cannot be loaded: ${error.message}. Pack the model again, or give the server more memory.`,
      );
    });
    if ('examples' in loaded) return new RecommendModel(thread, loaded.examples, timeoutSeconds);
    await thread.end();
    throw new ModelPackageError('ARTIFACT_INVALID', loaded.fault);
  },
};

type RecommendThread = CalledThread<RecommendCalls>;

class RecommendModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>> = {
    [DEFAULT_SIGNATURE]: RECOMMEND_SIGNATURE,
  };
  readonly hasOwnThread = true;
  readonly queuedRuns = 1;
  readonly examples: readonly (readonly Tensor[])[];

  constructor(
    private readonly thread: RecommendThread,
    examples: readonly string[],
    private readonly timeoutSeconds = Number.POSITIVE_INFINITY,
  ) {
    this.examples = examples.map((query) => [{ ...INPUT, shape: [1], data: [Buffer.from(query)] }]);
  }

  get isHealthy(): boolean {
    return this.thread.isRunning;
  }

  get fault(): string | undefined {
    return this.isHealthy ? undefined : 'the thread of the model has exited';
  }

  async run([queries]: readonly Tensor[]): Promise<Tensor[]> {
    const texts = (queries!.data as Buffer[]).map(String);
    const end = performance.now() + this.timeoutSeconds * 1000;
    const answers: string[] = [];
    // Nobody waits for what takes longer, and other callers wait for the thread.
    for (let start = 0; start < texts.length; start += QUERIES_OF_CALL) {
      if (performance.now() > end) {
        throw new InferenceError('DEADLINE_EXCEEDED', `the recommendations took longer than ${this.timeoutSeconds} s`);
      }
      answers.push(...(await this.thread.call([], 'recommend', texts.slice(start, start + QUERIES_OF_CALL))));
    }
    return [{ ...OUTPUT, shape: [answers.length], data: answers.map((answer) => Buffer.from(answer)) }];
  }

  close(): Promise<void> {
    return this.thread.end();
  }
}
