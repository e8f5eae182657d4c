import type { ModelChange } from '../models/model-control.js';
import type { ProcessFigures, RuntimeMetricsData } from '../observability/metrics.js';
import type { RuntimeState } from '../runtime.js';

/** Metrics of a process, as they are sent to another one. */
export interface MeasurementData {
  readonly metrics: RuntimeMetricsData;
  readonly figures: ProcessFigures;
}

/** What a process needs to know before it starts to serve. */
export interface Start {
  /** Number of processes of the server that share its processors and its memory. */
  readonly processes: number;
  readonly listensFirst: boolean;
  /** Models of the other processes. @default - the configured models */
  readonly state?: RuntimeState;
}

/** Calls that a member answers. */
export interface MemberCalls {
  /** Responds as soon as the event loop is free. */
  ping(): void;
  measure(): MeasurementData;
  /** Makes a change to the models. @throws InferenceError */
  apply(change: ModelChange, copies: number): Promise<void>;
  /** Returns the models as another process can resume them, with the trials that have ended. */
  state(): RuntimeState;
  /** Returns the trials of the models once they have ended. */
  trials(): Promise<RuntimeState['trials']>;
  resize(processes: number): void;
  /** Tells a member whether every other one is ready. */
  othersReady(ready: boolean): void;
  /** Finishes the requests in flight and exits, together with the other members if the whole server shuts down. */
  drain(isTogether: boolean): void;
}

/** Calls that the supervisor answers. */
export interface SupervisorCalls {
  join(): Start;
  /** Reports that the models are loaded. Resolves once the member may take requests. */
  loaded(processors: number, state: RuntimeState): Promise<void>;
  serving(port: number): void;
  ready(ready: boolean): void;
  /** Reports that a change of the models begins. Opening a model may block the event loop for minutes. */
  changing(): void;
  /** Resolves once every member has reached `step` of the shutdown. */
  arrived(step: string): Promise<void>;
  /** Takes one request from the quota of each caller. @returns the seconds that each has to wait */
  take(callers: readonly string[]): readonly number[];
  change(change: ModelChange): Promise<void>;
  measure(): Promise<MeasurementData>;
}
