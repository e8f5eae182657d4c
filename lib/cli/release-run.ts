import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Verdict, verdictOf } from '../gate/verdict.js';
import { figure } from '../report/figure.js';
import type { Predictor } from '../requests/predictor.js';
import { RELEASE_VARIABLE } from '../serving/release.js';
import { canaryAddress } from './canary-address.js';
import { findEndpoint } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { openPredictor, type PredictorFlags, servedDigest } from './predictor.js';
import { counted, RequestCounter, untilStarted } from './release-requests.js';
import { shellFailure } from './shell-command.js';

export interface ReleaseFlags extends PredictorFlags {
  readonly deploy: string;
  readonly check?: string;
  /** Shares before the last one in percent, in rising order. */
  readonly steps: readonly number[];
  readonly watchMinutes: number;
  readonly maxErrorPercent: number;
  /** Milliseconds. */
  readonly maxLatency?: number;
  readonly startupSeconds: number;
}

export interface ReleaseOptions {
  /** URL of the new version, or file of outputs. */
  readonly target: string;
  /** Folder of the gate with the questions. */
  readonly folder: string;
  /** Digest of the package of the new version. */
  readonly digest: string;
  readonly flags: ReleaseFlags;
  /** Reports the current step. */
  readonly step: (step: string) => void;
  readonly signal: AbortSignal;
}

/** Requests to the new version while it had one share of the traffic. */
export interface WatchedStep {
  readonly percent: number;
  readonly requests: number;
  readonly failures: number;
  /** 99th percentile of the latency in milliseconds. @default - no request succeeded */
  readonly p99?: number;
}

/**
 * How a release ended: the new version has all traffic; the stable version kept it, or has it again; or the deployment that
 * should give it back failed.
 */
export type ReleaseOutcome = 'released' | 'rejected' | 'taken back' | 'unknown';

export interface ReleaseReport {
  readonly outcome: ReleaseOutcome;
  /** Reasons why the version was not released. Empty if it was. */
  readonly reasons: readonly string[];
  /** Answers of the new version before it had traffic. @default - it was not asked */
  readonly verdict?: Verdict;
  readonly steps: readonly WatchedStep[];
}

/** Milliseconds between two rounds of questions while a share is watched. */
const ROUND_MS = 10_000;

const ALL = 100;

/** Deploys a new version beside the stable one, asks it, shifts the traffic in steps, and takes it back on a failure. */
export class Release {
  private readonly steps: WatchedStep[] = [];
  private verdict: Verdict | undefined;
  private predictor: Predictor | undefined;

  constructor(private readonly options: ReleaseOptions) {}

  async run(): Promise<ReleaseReport> {
    const { flags, signal } = this.options;
    const rejected = (await this.deploy(0)) ?? (await this.ask());
    if (rejected) return this.report('rejected', [rejected].flat());
    if (signal.aborted) return this.report('rejected', ['the release was interrupted']);
    for (const percent of [...flags.steps, ALL]) {
      const failed = (await this.deploy(percent)) ?? (percent < ALL ? await this.watch(percent) : undefined);
      if (failed) return this.takeBack([failed].flat());
      if (signal.aborted && percent < ALL) return this.takeBack(['the release was interrupted']);
    }
    return this.report('released', []);
  }

  private report(outcome: ReleaseOutcome, reasons: readonly string[]): ReleaseReport {
    const { verdict, steps } = this;
    // Users know the files of the questions by names of their own.
    const folder = join(this.options.folder, '/');
    const shown = (texts: readonly string[]) => texts.map((text) => text.replaceAll(folder, ''));
    return {
      outcome,
      reasons: shown(reasons),
      ...(verdict && { verdict: { ...verdict, reasons: shown(verdict.reasons) } }),
      steps,
    };
  }

  /** Runs the deploy command with a share of the traffic. Returns the reason why it failed. */
  private async deploy(percent: number): Promise<string | undefined> {
    const { flags, step } = this.options;
    step(`Deploy with ${percent} % of the traffic at the new version`);
    const failure = await shellFailure(flags.deploy, { [RELEASE_VARIABLE]: String(percent) });
    return failure && `the deployment with ${percent} % of the traffic failed with ${failure}`;
  }

  /** Asks the new version the questions of the gate. Returns the reasons why it does not pass. */
  private async ask(): Promise<readonly string[] | undefined> {
    const { flags, folder, step, signal } = this.options;
    step('Ask the new version');
    const deadline = performance.now() + flags.startupSeconds * 1000;
    try {
      const predictor = await this.open(deadline);
      this.predictor = predictor;
      const patient: Predictor = {
        ...predictor,
        predict: (inputs) => untilStarted(() => predictor.predict(inputs), deadline, signal),
      };
      this.verdict = await verdictOf(folder, () => counted(patient, new RequestCounter()));
    } catch (error) {
      return [reasonOf(error)];
    }
    return this.verdict.isPassed ? undefined : this.verdict.reasons;
  }

  /** Opens the new version, once it has started and the address leads to it. */
  private open(deadline: number): Promise<Predictor> {
    const { target, digest, flags, signal } = this.options;
    return untilStarted(
      async () => {
        const { url, headers = {} } = canaryAddress(target);
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
        const own = { ...flags, header: [...(flags.header ?? []), ...lines] };
        const served = await servedDigest(await findEndpoint(url, own));
        if (served === undefined || served === digest) return openPredictor(url, own);
        throw new CommandFailure(
          'OTHER_VERSION',
          `${url} serves a package with the digest ${served}, and the new version has ${digest}. Give the address of ` +
            'the new version alone, not that of both versions.',
        );
      },
      deadline,
      signal,
    );
  }

  /** Repeats the questions and the check while the new version has a share of the traffic. Returns reasons against it. */
  private async watch(percent: number): Promise<readonly string[] | undefined> {
    const { flags, step, signal } = this.options;
    step(`Watch ${percent} % of the traffic for ${flags.watchMinutes} minutes`);
    const counter = new RequestCounter();
    const end = performance.now() + flags.watchMinutes * 60_000;
    const predictor = counted(this.predictor!, counter);
    let reasons: readonly string[] | undefined;
    for (;;) {
      reasons = await this.round(predictor, counter);
      const pause = Math.min(ROUND_MS, end - performance.now());
      if (reasons || signal.aborted || pause <= 0) break;
      await setTimeout(pause, undefined, { signal }).catch(() => {});
    }
    const { requests, failures, p99 } = counter;
    this.steps.push({ percent, requests, failures, ...(p99 !== undefined && { p99 }) });
    return reasons;
  }

  private async round(predictor: Predictor, counter: RequestCounter): Promise<readonly string[] | undefined> {
    const { flags, folder } = this.options;
    const failuresBefore = counter.failures;
    let failure = '';
    try {
      const { isPassed, reasons } = await verdictOf(folder, () => predictor);
      if (!isPassed) return reasons;
    } catch (error) {
      // A fault that is not counted, such as a single row that is too large, would never exceed the accepted share.
      if (counter.failures === failuresBefore) return [reasonOf(error)];
      failure = `: ${reasonOf(error)}`;
    }
    const { failures, requests, failurePercent, p99 } = counter;
    if (failurePercent > flags.maxErrorPercent) {
      return [`${failures} of ${requests} requests failed, more than ${flags.maxErrorPercent} %${failure}`];
    }
    if (flags.maxLatency !== undefined && p99 !== undefined && p99 > flags.maxLatency) {
      return [`the p99 latency of ${requests} requests is ${figure(p99)} ms, above ${flags.maxLatency} ms`];
    }
    const failed = flags.check === undefined ? undefined : await shellFailure(flags.check);
    return failed === undefined ? undefined : [`the check failed with ${failed}`];
  }

  private async takeBack(reasons: readonly string[]): Promise<ReleaseReport> {
    const failure = await this.deploy(0);
    return failure ? this.report('unknown', [...reasons, failure]) : this.report('taken back', reasons);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
