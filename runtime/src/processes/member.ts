import cluster from 'node:cluster';
import { Channel } from '../channel.js';
import type { ModelChange } from '../models/model-control.js';
import { type Measurement, RuntimeMetrics } from '../observability/metrics.js';
import type { Runtime } from '../runtime.js';
import type { Quota } from '../server/admission.js';
import type { ServerMember } from '../start-server.js';
import type { MemberCalls, Start, SupervisorCalls } from './calls.js';

/** Milliseconds between two looks at whether the models of this process are ready. */
const READINESS_MS = 200;

/** Process of a server with several, connected to its supervisor. */
export class Member implements ServerMember {
  othersReady = true;
  readonly quota: Quota = { take: (caller) => this.take(caller) };
  private readonly channel: Channel<SupervisorCalls>;
  private runtime: Runtime | undefined;
  private resize = (_: number) => {};
  private isDrainingTogether = false;
  private wasReady = false;
  /** Callers whose requests arrived in this turn of the event loop, and the seconds that each has to wait. */
  private taken: { readonly callers: string[]; readonly waits: Promise<readonly number[]> } | undefined;

  /**
   * Joins the server that forked this process.
   *
   * @param drain finishes the requests in flight and exits
   */
  static async join(drain: () => void): Promise<Member> {
    const member = new Member(drain);
    member.start = await member.channel.call('join');
    return member;
  }

  private start!: Start;

  private constructor(drain: () => void) {
    const calls: MemberCalls = {
      ping: () => {},
      measure: () => {
        const { metrics, figures } = this.runtime!.ownFigures();
        return { metrics: metrics.data(), figures };
      },
      apply: (change, copies) => {
        this.channel.call('changing').catch(() => {});
        return this.runtime!.apply(change, copies);
      },
      state: () => this.runtime!.state,
      trials: async () => {
        await this.runtime!.tried();
        return this.runtime!.state.trials;
      },
      resize: (processes) => this.resize(processes),
      othersReady: (ready) => {
        this.othersReady = ready;
      },
      drain: (isTogether) => {
        this.isDrainingTogether = isTogether;
        drain();
      },
    };
    this.channel = new Channel<SupervisorCalls>('the supervisor of the server', (message) => process.send?.(message), {
      ...calls,
    });
    process.on('message', (message) => this.channel.receive(message as never));
    cluster.worker!.on('disconnect', () => this.channel.close());
  }

  get processes(): number {
    return this.start.processes;
  }

  get listensFirst(): boolean {
    return this.start.listensFirst;
  }

  get state(): Start['state'] {
    return this.start.state;
  }

  async loaded(runtime: Runtime): Promise<void> {
    this.runtime = runtime;
    const { catalog } = runtime;
    await this.channel.call('loaded', catalog.processors, runtime.state);
    this.reportReadiness();
    setInterval(() => this.reportReadiness(), READINESS_MS).unref();
  }

  /** Reports that this process takes requests. */
  async serving(port: number): Promise<void> {
    await this.channel.call('serving', port);
  }

  async together(step: string): Promise<void> {
    if (this.isDrainingTogether) await this.channel.call('arrived', step);
  }

  onResize(resize: (processes: number) => void): void {
    this.resize = resize;
  }

  async change(change: ModelChange): Promise<void> {
    await this.channel.call('change', change);
  }

  async measure(): Promise<Measurement> {
    const { metrics, figures } = await this.channel.call('measure');
    return { metrics: RuntimeMetrics.merged([metrics]), figures };
  }

  private take(caller: string): Promise<number> {
    // Requests of one turn of the event loop share a message, which costs more than the decision.
    if (!this.taken) {
      const callers: string[] = [];
      const waits = new Promise<void>((later) => setImmediate(later)).then(() => {
        this.taken = undefined;
        return this.channel.call('take', callers);
      });
      this.taken = { callers, waits };
    }
    const index = this.taken.callers.push(caller) - 1;
    return this.taken.waits.then((waits) => waits[index]!);
  }

  private reportReadiness(): void {
    const ready = this.runtime!.catalog.isReady;
    if (ready === this.wasReady) return;
    this.wasReady = ready;
    this.channel.call('ready', ready).catch(() => {});
  }
}
