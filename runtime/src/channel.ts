import { InferenceError, type StatusCode } from './tensor/errors.js';

/** Functions that one process or thread offers to another. Arguments and results are plain data. */
// biome-ignore lint/suspicious/noExplicitAny: each function declares its own types
export type Calls<T> = { readonly [K in keyof T]: (...args: any[]) => unknown };

/** Error as plain data. */
export interface Failure {
  readonly message: string;
  /** Status of an `InferenceError`. @default - another error */
  readonly code?: StatusCode;
  readonly retryAfterSeconds?: number;
}

type Message =
  | { readonly call: string; readonly id: number; readonly args: readonly unknown[] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Calls between two processes, or two threads, over the messages that they exchange. */
export class Channel<Remote extends Calls<Remote>> {
  private readonly waiting = new Map<number, Waiter>();
  private calls = 0;
  private isClosed = false;

  /**
   * @param peer name of the other process or thread in errors
   * @param send sends a message to the peer
   * @param own functions that the peer may call
   * @param movable returns the memory of a result of theirs that is moved to the peer, not copied
   */
  constructor(
    private readonly peer: string,
    private readonly send: (message: object, moved: readonly ArrayBuffer[]) => void,
    private readonly own: Readonly<Record<string, (...args: never[]) => unknown>>,
    private readonly movable: (result: unknown) => ArrayBuffer[] = () => [],
  ) {}

  /**
   * Calls a function of the peer.
   *
   * @throws Error with the message of the peer, or InferenceError `UNAVAILABLE` if the peer has exited
   */
  call<K extends keyof Remote & string>(
    name: K,
    ...args: Parameters<Remote[K]>
  ): Promise<Awaited<ReturnType<Remote[K]>>> {
    return this.callMoving([], name, ...args);
  }

  /** Calls a function like {@link call}. `moved` is memory of the arguments that is moved to the other side, not copied. */
  callMoving<K extends keyof Remote & string>(
    moved: readonly ArrayBuffer[],
    name: K,
    ...args: Parameters<Remote[K]>
  ): Promise<Awaited<ReturnType<Remote[K]>>> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(this.exited());
        return;
      }
      const id = ++this.calls;
      this.waiting.set(id, { resolve: resolve as Waiter['resolve'], reject });
      this.send({ call: name, id, args } satisfies Message, moved);
    });
  }

  /** Handles a message of the peer. */
  receive(message: Message): void {
    if ('call' in message) {
      void this.run(message.call, message.id, message.args);
      return;
    }
    const waiter = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('failure' in message) waiter?.reject(errorOf(message.failure));
    else waiter?.resolve(message.result);
  }

  /** Fails the calls in flight, because the peer has exited. */
  close(): void {
    this.isClosed = true;
    for (const { reject } of this.waiting.values()) reject(this.exited());
    this.waiting.clear();
  }

  private exited(): InferenceError {
    return new InferenceError('UNAVAILABLE', `${this.peer} has exited`, 1);
  }

  private async run(name: string, id: number, args: readonly unknown[]): Promise<void> {
    let answer: Message;
    let moved: ArrayBuffer[] = [];
    try {
      const result = await this.own[name]!(...(args as never[]));
      moved = this.movable(result);
      answer = { id, result };
    } catch (error) {
      answer = { id, failure: failureOf(error as Error) };
    }
    if (!this.isClosed) this.send(answer, moved);
  }
}

/** Converts an error to plain data. */
export function failureOf(error: Error): Failure {
  const { message } = error;
  return error instanceof InferenceError
    ? { message, code: error.code, retryAfterSeconds: error.retryAfterSeconds }
    : { message };
}

/** Restores an error from plain data. */
export function errorOf({ message, code, retryAfterSeconds }: Failure): Error {
  return code === undefined ? new Error(message) : new InferenceError(code, message, retryAfterSeconds);
}
