import cluster, { type Worker } from 'node:cluster';
import { Channel } from '../channel.js';
import type { RuntimeConfig } from '../config.js';
import { START_SECONDS } from '../contract.js';
import { processBytes } from '../engines/python/process-memory.js';
import { availableProcessors, memoryLimit, shareOf } from '../host-limits.js';
import { bytesLeft } from '../models/memory.js';
import type { ModelChange } from '../models/model-control.js';
import type { Logger } from '../observability/log.js';
import {
  type ProcessFigures,
  processFigures,
  RuntimeMetrics,
  type RuntimeMetricsData,
} from '../observability/metrics.js';
import type { RuntimeState } from '../runtime.js';
import { TokenBuckets } from '../server/token-buckets.js';
import { watch } from '../watch.js';
import type { MeasurementData, MemberCalls, SupervisorCalls } from './calls.js';
import { passOnUntaken } from './untaken-connections.js';
import { Watchdog } from './watchdog.js';

/** Milliseconds before the first replacement of a process. The delay doubles with each further one, up to the maximum. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** Milliseconds to wait for the metrics of a busy process. Its last known metrics count if it takes longer. */
const MEASURE_MS = 1000;

/** Milliseconds without a response after which a process is killed, while it loads no models. */
const HUNG_MS = 30_000;

/** Share of memory that stays free when the number of processes is chosen automatically. */
const FREE_SHARE = 1 / 4;

/** Memory in bytes for each process, when their number is chosen automatically. */
const PROCESS_BYTES = 512 * 1024 * 1024;

/** Change to the models as the first process made it. */
interface MadeChange {
  readonly change: ModelChange;
  /** Error that the caller got. A change that failed may have loaded some versions. @default - it succeeded */
  readonly failure?: Error;
}

interface Member {
  readonly worker: Worker;
  readonly channel: Channel<MemberCalls>;
  /** Changes since the process joined, to make once it has loaded the models. */
  missed: MadeChange[];
  isLoaded: boolean;
  /** Whether it is making a change of its models. */
  isChanging: boolean;
  isServing: boolean;
  isReady: boolean;
  last: MeasurementData | undefined;
}

/**
 * Supervises the processes of a server, which share its ports. It holds what they have in common: quotas, the models
 * that callers changed, metrics and readiness. It takes no requests itself.
 */
export class Supervisor {
  private readonly members = new Set<Member>();
  private readonly quota: TokenBuckets;
  private target = 1;
  private wasServing = false;
  private isClosing = false;
  /** Consecutive exits of processes that did not run long. */
  private exits = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private state: RuntimeState | undefined;
  /** Metrics of processes that have exited. */
  private ended: RuntimeMetricsData | undefined;
  private endedCpuSeconds = 0;
  private readonly steps = new Map<string, Map<Member, () => void>>();
  private stopWatching = () => {};
  private readonly started: Promise<number>;
  private resolveStarted!: (port: number) => void;
  private onEmpty = () => {};

  /** @param onFailedStart called if the first process exits before it serves, with its exit code */
  constructor(
    private readonly config: RuntimeConfig,
    private readonly logger: Logger,
    private readonly onFailedStart: (code: number) => void,
  ) {
    this.quota = new TokenBuckets(config.requestsPerSecond ?? Number.POSITIVE_INFINITY);
    this.started = new Promise((resolve) => {
      this.resolveStarted = resolve;
    });
  }

  /** Starts the processes. Resolves with the port once one of them serves. */
  start(): Promise<number> {
    // Handing out connections in turn spreads them evenly. A connection that no process took survives its exit.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ serialization: 'advanced' });
    this.fork();
    if (this.config.pollSeconds !== undefined) {
      const onError = (error: unknown) => this.logger.failure('the check for new packages failed', error);
      this.stopWatching = watch(() => this.change({ kind: 'refresh' }), this.config.pollSeconds, onError);
    }
    return this.started;
  }

  /** Drains all processes together and waits until they have exited. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.stopWatching();
    if (this.members.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.onEmpty = resolve;
    });
    for (const { channel } of this.members) channel.call('drain', true).catch(() => {});
    await empty;
  }

  /** Kills all processes. */
  kill(): void {
    for (const { worker } of this.members) worker.process.kill('SIGKILL');
  }

  private get serving(): readonly Member[] {
    return [...this.members].filter(({ isServing }) => isServing);
  }

  private fork(): void {
    const worker = cluster.fork();
    const since = performance.now();
    const calls: SupervisorCalls = {
      join: () => {
        // The state holds the changes until now.
        member.missed = [];
        return {
          processes: Math.max(this.target, this.config.processes ?? 1),
          listensFirst: this.serving.length === 0,
          state: this.state,
        };
      },
      loaded: (processors, state) => this.loaded(member, processors, state),
      serving: (port) => this.serve(member, port),
      ready: (ready) => {
        member.isReady = ready;
        this.shareReadiness();
      },
      changing: () => {
        member.isChanging = true;
      },
      arrived: (step) => this.arrived(member, step),
      take: (callers) => callers.map((caller) => this.quota.take(caller)),
      change: (change) => this.change(change),
      measure: () => this.measure(),
    };
    const member: Member = {
      worker,
      channel: new Channel<MemberCalls>(
        'a process of the server',
        (message) => worker.isConnected() && worker.send(message),
        { ...calls },
      ),
      missed: [],
      isLoaded: false,
      isChanging: false,
      isServing: false,
      isReady: false,
      last: undefined,
    };
    this.members.add(member);
    passOnUntaken(worker, () => this.serving.map((other) => other.worker));
    worker.on('message', (message) => member.channel.receive(message));
    // A process that was killed cannot be sent messages any more.
    worker.on('error', () => {});
    const watchdog = this.watch(member);
    worker.on('exit', (code, signal) => {
      watchdog.stop();
      this.exited(member, code, signal, performance.now() - since);
    });
  }

  /**
   * Kills a process that hangs. Its calls in flight fail, so that it does not block the changes of models. ONNX Runtime
   * opens a model on the event loop, so a process that loads models may take as long as a start.
   */
  private watch(member: Member): Watchdog {
    const { worker, channel } = member;
    const { startSeconds = START_SECONDS } = this.config;
    return new Watchdog(
      () => channel.call('ping'),
      () => (member.isLoaded && !member.isChanging ? HUNG_MS : startSeconds * 1000),
      (milliseconds) => {
        this.logger.log('error', 'a process of the server does not respond and is killed', {
          pid: worker.process.pid,
          seconds: milliseconds / 1000,
        });
        worker.process.kill('SIGKILL');
      },
    );
  }

  private exited(member: Member, code: number, signal: string | null, milliseconds: number): void {
    this.members.delete(member);
    member.channel.close();
    const { last, worker } = member;
    if (last) {
      this.ended = RuntimeMetrics.merged(this.ended ? [this.ended, last.metrics] : [last.metrics]).data();
      this.endedCpuSeconds += last.figures.cpuSeconds;
    }
    for (const [step, arrivals] of this.steps) {
      arrivals.delete(member);
      this.proceed(step);
    }
    if (this.members.size === 0) this.onEmpty();
    if (this.isClosing) return;
    if (!this.wasServing) {
      this.onFailedStart(code);
      return;
    }
    this.logger.log('error', 'a process of the server exited and is replaced', {
      pid: worker.process.pid,
      code,
      signal,
    });
    this.shareReadiness();
    this.exits = milliseconds > MAX_BACKOFF_MS ? 0 : this.exits + 1;
    const delay = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.max(0, this.exits - 1));
    setTimeout(() => {
      if (!this.isClosing && this.members.size < this.target) this.fork();
    }, delay);
  }

  private async loaded(member: Member, processors: number, state: RuntimeState): Promise<void> {
    if (!this.state) {
      this.state = state;
      this.target = this.targetOf(member, processors);
    }
    // The models may have changed while this process loaded them.
    await this.exclusive(async () => {
      for (const each of member.missed.splice(0)) await this.follow(member, each, 1);
      member.isLoaded = true;
    });
  }

  private serve(member: Member, port: number): void {
    member.isServing = true;
    this.shareReadiness();
    if (!this.wasServing) {
      this.wasServing = true;
      this.resolveStarted(port);
    }
    if (this.members.size < this.target) void this.grow(member);
    if (this.serving.length === this.target && this.target > 1) {
      this.logger.log('info', 'every process serves', { processes: this.target });
    }
  }

  /** Starts the processes that are missing, with the trials of a process that serves. */
  private async grow(member: Member): Promise<void> {
    for (const { channel } of this.members) channel.call('resize', this.target).catch(() => {});
    await this.takeTrials(member);
    // If the process has exited, the one that replaces it starts the others.
    if (!this.members.has(member)) return;
    while (this.members.size < this.target && !this.isClosing) this.fork();
  }

  /** Keeps the trials of a process for those that start later. Changes of the models do not wait for them. */
  private async takeTrials({ channel }: Member): Promise<void> {
    // A process that exits during its trials has none to keep.
    const trials = await channel.call('trials').catch(() => undefined);
    if (trials) this.state = { ...this.state!, trials };
  }

  /** Returns the number of processes: as configured, or as many as processors and memory allow. */
  private targetOf({ worker }: Member, processors: number): number {
    if (this.config.processes !== undefined) return this.config.processes;
    const wanted = shareOf(availableProcessors(), processors);
    const bytes = processBytes(worker.process.pid!);
    if (wanted === 1 || bytes === undefined) return wanted;
    const limit = memoryLimit();
    const fitting = Math.floor(limit / PROCESS_BYTES) - 1;
    const more = Math.max(0, Math.min(fitting, Math.floor((bytesLeft() - limit * FREE_SHARE) / bytes)));
    if (more < wanted - 1) {
      this.logger.log('warn', 'the memory is too short for a process for each processor', { processes: more + 1 });
    }
    return Math.min(wanted, more + 1);
  }

  private shareReadiness(): void {
    const unready = this.serving.filter(({ isReady }) => !isReady);
    for (const member of this.members) {
      const othersReady = unready.every((each) => each === member);
      member.channel.call('othersReady', othersReady).catch(() => {});
    }
  }

  /** Makes a change in every process, in one first. All of them end with the models that the first one has then. */
  private change(change: ModelChange): Promise<void> {
    return this.exclusive(async () => {
      const [first, ...rest] = [...this.members].filter(({ isLoaded }) => isLoaded);
      if (!first) return;
      const failure = await failureOf(first, change, rest.length + 1);
      // A change that ended the process must not end the others.
      if (failure && !this.members.has(first)) throw failure;
      this.state = await first.channel.call('state');
      void this.takeTrials(first);
      const made: MadeChange = { change, failure };
      for (const { isLoaded, missed } of this.members) if (!isLoaded) missed.push(made);
      for (const [index, member] of rest.entries()) {
        try {
          await this.follow(member, made, failure ? rest.length + 1 : rest.length - index);
        } catch (error) {
          // The process is replaced by one with the models of the others.
          this.logger.failure('a process of the server cannot follow a change of its models', error);
          member.channel.call('drain', false).catch(() => {});
        }
      }
      if (failure) throw failure;
    });
  }

  /** Makes a change as the first process made it. @throws Error if it does not end as it did there */
  private async follow(member: Member, { change, failure }: MadeChange, copies: number): Promise<void> {
    const own = await failureOf(member, change, copies);
    if (own && !failure) throw own;
    if (failure && !own) throw new Error(`the change failed in the first process only: ${failure.message}`);
  }

  private exclusive<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(change);
    this.queue = turn.catch(() => {});
    return turn;
  }

  private async measure(): Promise<MeasurementData> {
    const loaded = [...this.members].filter(({ isLoaded }) => isLoaded);
    await Promise.all(loaded.map((member) => this.update(member)));
    // The metrics of a process that exited meanwhile are among those that ended.
    const all = [...this.members].flatMap(({ last }) => last ?? []);
    const metrics = RuntimeMetrics.merged(
      all.map((each) => each.metrics),
      this.ended ? [this.ended] : [],
    );
    const own = processFigures(0);
    const sum = (figure: keyof ProcessFigures) =>
      all.reduce((total, { figures }) => total + figures[figure], own[figure]);
    return {
      metrics: metrics.data(),
      figures: {
        queueDepth: sum('queueDepth'),
        residentBytes: sum('residentBytes'),
        cpuSeconds: sum('cpuSeconds') + this.endedCpuSeconds,
        startSeconds: own.startSeconds,
      },
    };
  }

  private async update(member: Member): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, MEASURE_MS, undefined);
    });
    const measured = await Promise.race([member.channel.call('measure').catch(() => undefined), late]);
    clearTimeout(timer);
    if (measured) member.last = measured;
  }

  private arrived(member: Member, step: string): Promise<void> {
    return new Promise((resolve) => {
      const arrivals = this.steps.get(step) ?? new Map<Member, () => void>();
      arrivals.set(member, resolve);
      this.steps.set(step, arrivals);
      this.proceed(step);
    });
  }

  private proceed(step: string): void {
    const arrivals = this.steps.get(step)!;
    if (!this.serving.every((member) => arrivals.has(member))) return;
    for (const resolve of arrivals.values()) resolve();
  }
}

/** Makes a change in one process. Returns the error if it fails. */
async function failureOf(member: Member, change: ModelChange, copies: number): Promise<Error | undefined> {
  try {
    await member.channel.call('apply', change, copies);
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    member.isChanging = false;
  }
}
