import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { ModelPackageError } from '../../manifest/index.js';
import { InferenceError, STATUS_CODES, type StatusCode } from '../../tensor/errors.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';
import type { LoadedModel } from '../engine.js';
import { encodeFrame, type Frame, FrameReader, tensorsOf } from './frame.js';
import { readLines } from './lines.js';
import { processBytes } from './process-memory.js';

/** What a worker is started with. */
export interface WorkerOptions {
  /** The interpreter: a path, or a name on PATH. */
  readonly python: string;
  readonly path: string;
  readonly format: string;
  readonly declared?: Partial<Signature>;
  readonly threads: number;
  /** Milliseconds after which a worker that has not loaded the model is killed. */
  readonly loadLimitMs: number;
  /** Milliseconds after which a worker that has not answered is killed. @default it is waited for */
  readonly runLimitMs?: number;
  /** Takes each line that the worker or its model writes. */
  readonly onLine: (line: string) => void;
}

/** The descriptor of the worker's end of the connection. */
const SOCKET = 3;

/** A worker that still runs this long after its connection was closed is killed. */
const MAX_EXIT_MS = 2000;

/** A worker took longer than it may, and was killed. */
class Overdue extends Error {}

/** A worker ended before it had read a request, which another may then answer. */
export class Unread extends InferenceError {
  constructor(why: string) {
    super('UNAVAILABLE', failed(why), 1);
  }
}

const failed = (why: string) => `the worker of the model failed: ${why}`;

/** A process that holds one model, and answers one request at a time. It ends when this process does. */
export class Worker {
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly socket: Socket;
  private pending: { resolve(frame: Frame): void; reject(error: Error): void } | undefined;
  private end: Error | undefined;
  private isUnread = false;

  constructor(private readonly options: WorkerOptions) {
    const threads = String(options.threads);
    this.child = spawn(options.python, ['-m', 'modelship_worker'], {
      cwd: workerFolder(),
      env: {
        ...process.env,
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        OMP_NUM_THREADS: threads,
        OPENBLAS_NUM_THREADS: threads,
        MKL_NUM_THREADS: threads,
        // joblib would look for cores with a tool that images do not have.
        LOKY_MAX_CPU_COUNT: threads,
        ...moduleFolders(process.env.PYTHONPATH),
      },
      // Node makes a pair of connected Unix sockets of it: there is no path that others could connect to.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    // Without a free descriptor Node returns a child that has no streams, and reports the error later.
    if (!this.child.stdio) {
      this.child.once('error', () => {});
      throw new Error('a process cannot be started, because no file descriptor is free');
    }
    this.socket = this.child.stdio[SOCKET] as Socket;
    const reader = new FrameReader((frame) => this.settle(frame));
    this.socket.on('data', (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch {
        this.distrust();
      }
    });
    // The end of the process says what happened, after the connection broke: with an error only if the other end had not
    // read all.
    this.socket.on('error', () => {
      this.isUnread = true;
    });
    // Without it nothing can be asked any more, and a process that has not ended by then is stuck.
    this.socket.once('close', () => {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), MAX_EXIT_MS);
      void this.ended.then(() => clearTimeout(timer));
    });
    readLines(this.child.stderr!, options.onLine);
    this.ended = new Promise((resolve) => {
      const finish = (why: string) => {
        this.end ??= this.isUnread ? new Unread(why) : new Error(why);
        this.pending?.reject(this.end);
        this.pending = undefined;
        resolve();
      };
      this.child.once('error', (error) => finish(error.message));
      this.child.once('exit', (code, signal) =>
        // The connection broke before, which may be told after.
        setImmediate(finish, signal ? `it was ended by ${signal}` : `it exited with ${code}`),
      );
    });
  }

  /**
   * Loads the model.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the framework cannot, or not in time, or Error if the process ended
   */
  async load(): Promise<WorkerModel> {
    const { path, format, declared = {}, threads, python, loadLimitMs } = this.options;
    let frame: Frame;
    try {
      frame = await this.call(encodeFrame({ path, format, declared, threads }), loadLimitMs);
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${path} was not loaded within ${loadLimitMs / 1000} seconds, which is the limit. Make the model smaller, or give the server more CPU.`,
      );
    }
    const { error, ...model } = frame.header as WorkerModel & { error?: Told };
    if (!error) return model;
    throw new ModelPackageError('ARTIFACT_INVALID', `${path} cannot be loaded by ${python}: ${error.message}`);
  }

  /**
   * @throws InferenceError `DEADLINE_EXCEEDED` if the run took too long, `UNAVAILABLE` if the process ended, or as the
   * model failed; Unread if the process ended before it
   */
  async run(inputs: readonly Tensor[], signature: string): Promise<Tensor[]> {
    const request = encodeFrame({ signature }, inputs);
    let frame: Frame;
    try {
      frame = await this.call(request, this.options.runLimitMs);
    } catch (error) {
      if (error instanceof Unread) throw error;
      if (error instanceof Overdue) throw new InferenceError('DEADLINE_EXCEEDED', error.message);
      throw new InferenceError('UNAVAILABLE', failed((error as Error).message), 1);
    }
    const answer = this.answerOf(frame);
    if (answer instanceof InferenceError) throw answer;
    return answer;
  }

  private answerOf(frame: Frame): Tensor[] | InferenceError {
    try {
      const { error } = frame.header as { error?: Told };
      if (error === undefined) return tensorsOf(frame);
      if (STATUS_CODES.includes(error.code)) return new InferenceError(error.code, String(error.message));
    } catch {
      // It is no answer.
    }
    this.distrust();
    return new InferenceError('UNAVAILABLE', failed(this.end!.message), 1);
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Bytes of memory that the process takes; undefined where the system does not tell. */
  get memoryBytes(): number | undefined {
    return this.isAlive && this.child.pid !== undefined ? processBytes(this.child.pid) : undefined;
  }

  /** Ends the process at once; a call that it has fails with `reason`. */
  kill(reason: string): void {
    this.end ??= new Error(reason);
    this.child.kill('SIGKILL');
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }

  private async call(request: readonly Buffer[], limitMs: number | undefined): Promise<Frame> {
    if (this.end || !this.socket.writable) {
      await this.ended;
      throw this.end instanceof Unread ? this.end : new Unread(this.end!.message);
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

  /** Nothing else stops code that is stuck; the call fails once the process has ended. */
  private giveUp(limitMs: number): void {
    this.end ??= new Overdue(`the model took longer than ${limitMs / 1000} seconds`);
    this.child.kill('SIGKILL');
  }

  private settle(frame: Frame): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending) pending.resolve(frame);
    else this.distrust();
  }

  /**
   * Something else in the process wrote into the connection. What comes next may be anything, the answer to an earlier
   * request among it, so that the process ends.
   */
  private distrust(): void {
    this.kill('it wrote what is no answer');
  }
}

/** What a worker says of the model that it loaded. */
export type WorkerModel = Pick<LoadedModel, 'signatures' | 'requirements'>;

interface Told {
  readonly code: StatusCode;
  readonly message: string;
}

/** Where the modules of a pickle may be, for a process that runs in another folder. */
function moduleFolders(pythonPath: string | undefined): { PYTHONPATH?: string } {
  if (!pythonPath) return {};
  return {
    PYTHONPATH: pythonPath
      .split(delimiter)
      .map((folder) => resolve(folder))
      .join(delimiter),
  };
}

/** The folder `python` of this package, which lies beside the bundle in images, and above it and the sources elsewhere. */
function workerFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'python');
    if (existsSync(join(candidate, 'modelship_worker', '__main__.py'))) return candidate;
    if (folder === dirname(folder)) throw new Error(`there is no Python worker beside or above ${__dirname}`);
  }
}
