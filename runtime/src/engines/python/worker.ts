import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Handler, ModelPackageError } from '../../manifest/index.js';
import { TemporaryFolder } from '../../temporary-folder.js';
import { InferenceError, STATUS_CODES, type StatusCode } from '../../tensor/errors.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';
import type { LoadedModel } from '../engine.js';
import { encodeFrame, type Frame, FrameReader, tensorsOf } from './frame.js';
import { readLines } from './lines.js';
import { processBytes } from './process-memory.js';
import { pythonFolder } from './python-folder.js';
import { workerEnvironment } from './worker-environment.js';

/** Options of a worker process. */
export interface WorkerOptions {
  /** Python interpreter: a path, or a name on PATH. */
  readonly python: string;
  readonly path: string;
  readonly format: string;
  /**
   * Whether the model may do what the user of this process may do. Otherwise it reads and writes no other files, where
   * the host can enforce it.
   */
  readonly trusted: boolean;
  /** Names of further variables of this process that the worker inherits. @default - none */
  readonly environment?: readonly string[];
  readonly declared?: Partial<Signature>;
  /** Method of an estimator whose result is the only output. @default - the outputs that are declared, or all */
  readonly method?: string;
  /** Names of the outputs of a module that gives them by position. @default - those that are declared, or made-up names */
  readonly outputNames?: readonly string[];
  /** Folder of the Python modules that the file imports. @default - none */
  readonly code?: string;
  /** Code that answers requests, for the format `handler`. @default - the model answers them */
  readonly handler?: Handler;
  readonly threads: number;
  /** Milliseconds after which a worker that has not loaded the model is killed. */
  readonly loadLimitMs: number;
  /** Milliseconds after which a worker that has not responded is killed. @default - no limit */
  readonly runLimitMs?: number;
  /** Receives each line that the worker or its model writes. */
  readonly onLine: (line: string) => void;
}

/** What a worker does with a request: run a signature, or return the parameters of the model. */
export type WorkerCall = { readonly signature: string } | { readonly parameters: true };

/** File descriptor of the worker's end of the connection. */
const SOCKET = 3;

/** Milliseconds after which a worker that is still running after its connection closed is killed. */
const MAX_EXIT_MS = 2000;

/** A worker exceeded its time limit and was killed. */
class WorkerTimeout extends Error {}

/** A worker exited before it had read a request, so another worker can handle the request. */
export class InputNotRead extends InferenceError {
  constructor(why: string) {
    super('UNAVAILABLE', failed(why), 1);
  }
}

const failed = (why: string) => `the worker of the model failed: ${why}`;

/** A process that holds one model and handles one request at a time. It exits when this process does. */
export class Worker {
  readonly ended: Promise<void>;
  /** Resolves once the process has exited and its temporary files are gone. */
  private readonly removed: Promise<void>;
  private readonly child: ChildProcess;
  private readonly socket: Socket;
  private pending: { resolve(frame: Frame): void; reject(error: Error): void } | undefined;
  private end: Error | undefined;
  private isUnread = false;

  constructor(private readonly options: WorkerOptions) {
    const folder = temporaryFolder();
    this.child = spawn(options.python, ['-m', 'modelship_worker'], {
      cwd: pythonFolder(),
      env: workerEnvironment(options.threads, folder?.path, options.environment),
      // Node creates a pair of connected Unix sockets for it. There is no socket path that other processes could
      // connect to.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    // Without a free file descriptor, Node returns a child that has no streams and reports the error later.
    if (!this.child.stdio) {
      this.child.once('error', () => {});
      void folder?.remove();
      throw new Error('a process cannot be started, because no file descriptor is free');
    }
    this.socket = this.child.stdio[SOCKET] as Socket;
    const reader = new FrameReader((frame) => this.settle(frame));
    this.socket.on('data', (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch {
        this.killUntrusted();
      }
    });
    // The exit event reports the cause after the connection breaks. The socket reports an error only if the worker had
    // not read all data.
    this.socket.on('error', () => {
      this.isUnread = true;
    });
    // Without the socket the worker receives no requests, and a process that has not exited by then is stuck.
    this.socket.once('close', () => {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), MAX_EXIT_MS);
      void this.ended.then(() => clearTimeout(timer));
    });
    readLines(this.child.stderr!, options.onLine);
    this.ended = new Promise((resolve) => {
      const finish = (why: string) => {
        this.end ??= this.isUnread ? new InputNotRead(why) : new Error(why);
        this.pending?.reject(this.end);
        this.pending = undefined;
        resolve();
      };
      this.child.once('error', (error) => finish(error.message));
      this.child.once('exit', (code, signal) =>
        // The event of the broken connection may arrive after the exit event, so wait one turn of the event loop.
        setImmediate(finish, signal ? `it was killed by ${signal}` : `it exited with ${code}`),
      );
    });
    this.removed = this.ended.then(() => folder?.remove());
  }

  /**
   * Loads the model.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the framework cannot load the model, or not in time; Error if the
   * process exited
   */
  async load(): Promise<WorkerModel> {
    const {
      path,
      format,
      trusted,
      declared = {},
      method,
      outputNames,
      code,
      handler,
      threads,
      python,
      loadLimitMs,
    } = this.options;
    let frame: Frame;
    try {
      frame = await this.call(
        encodeFrame({ path, format, trusted, declared: { ...declared, method, outputNames, handler }, code, threads }),
        loadLimitMs,
      );
    } catch (error) {
      if (!(error instanceof WorkerTimeout)) throw error;
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${path} was not loaded within ${loadLimitMs / 1000} seconds, which is the limit. Make the model smaller, or give the server more CPU.`,
      );
    }
    const { error, ...model } = frame.header as WorkerModel & { error?: WorkerFailure };
    if (!error) return { ...model, examples: examplesOf(frame, model) };
    throw new ModelPackageError('ARTIFACT_INVALID', `${path} cannot be loaded by ${python}: ${error.message}`);
  }

  /**
   * Runs the model on one request.
   *
   * @throws InferenceError `DEADLINE_EXCEEDED` if the run timed out, `UNAVAILABLE` if the process exited, or the
   * model's error
   * @throws InputNotRead if the process exited before it read the request
   */
  async run(inputs: readonly Tensor[], call: WorkerCall): Promise<Tensor[]> {
    const request = encodeFrame(call, inputs);
    let frame: Frame;
    try {
      frame = await this.call(request, this.options.runLimitMs);
    } catch (error) {
      if (error instanceof InputNotRead) throw error;
      if (error instanceof WorkerTimeout) throw new InferenceError('DEADLINE_EXCEEDED', error.message);
      throw new InferenceError('UNAVAILABLE', failed((error as Error).message), 1);
    }
    const answer = this.answerOf(frame);
    if (answer instanceof InferenceError) throw answer;
    return answer;
  }

  private answerOf(frame: Frame): Tensor[] | InferenceError {
    try {
      const { error } = frame.header as { error?: WorkerFailure };
      if (error === undefined) return tensorsOf(frame);
      if (STATUS_CODES.includes(error.code)) return new InferenceError(error.code, String(error.message));
    } catch {
      // The frame is not a valid response.
    }
    this.killUntrusted();
    return new InferenceError('UNAVAILABLE', failed(this.end!.message), 1);
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Memory of the process in bytes. Undefined if the system does not report it. */
  get memoryBytes(): number | undefined {
    return this.isAlive && this.child.pid !== undefined ? processBytes(this.child.pid) : undefined;
  }

  /** Kills the process immediately. A pending call fails with `reason`. */
  kill(reason: string): void {
    this.end ??= new Error(reason);
    this.child.kill('SIGKILL');
  }

  /** Stops the process. */
  async close(): Promise<void> {
    this.socket.destroy();
    await this.removed;
  }

  private async call(request: readonly Buffer[], limitMs: number | undefined): Promise<Frame> {
    if (this.end || !this.socket.writable) {
      await this.ended;
      throw this.end instanceof InputNotRead ? this.end : new InputNotRead(this.end!.message);
    }
    const answer = new Promise<Frame>((resolve, reject) => {
      this.pending = { resolve, reject };
    });
    this.socket.cork();
    for (const part of request) this.socket.write(part);
    this.socket.uncork();
    const timer = limitMs === undefined ? undefined : setTimeout(() => this.giveUp(limitMs), limitMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills the process, because nothing else stops code that is stuck. The call fails once the process has exited. */
  private giveUp(limitMs: number): void {
    this.end ??= new WorkerTimeout(`the model took longer than ${limitMs / 1000} seconds`);
    this.child.kill('SIGKILL');
  }

  private settle(frame: Frame): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending) pending.resolve(frame);
    else this.killUntrusted();
  }

  /**
   * Kills the process after other code in it has written to the connection. The data that follows is unreliable and may
   * include the response to an earlier request.
   */
  private killUntrusted(): void {
    this.kill('it wrote an invalid response');
  }
}

/** Returns the example requests that follow the description of a model: one tensor for each input, request by request. */
function examplesOf(frame: Frame, { signatures }: WorkerModel): Tensor[][] {
  const tensors = frame.header.tensors === undefined ? [] : tensorsOf(frame);
  const inputs = signatures.serving_default?.inputs.length ?? 0;
  const count = inputs === 0 ? 0 : tensors.length / inputs;
  return Array.from({ length: count }, (_, index) => tensors.slice(index * inputs, (index + 1) * inputs));
}

/** Description of the model that a worker returns once it has loaded it. */
export type WorkerModel = Pick<
  LoadedModel,
  'signatures' | 'requirements' | 'restrictions' | 'examples' | 'maxRequests'
>;

interface WorkerFailure {
  readonly code: StatusCode;
  readonly message: string;
}

/** Creates a folder for the temporary files of one worker. Undefined on a host without a writable folder for them. */
function temporaryFolder(): TemporaryFolder | undefined {
  try {
    return new TemporaryFolder('worker');
  } catch {
    return undefined;
  }
}
