import { writeFileSync } from 'node:fs';
import { HOURS_PER_MONTH } from '../../../lib/cost/bill.js';
import { DEFAULT_PRICES, PRICES_REGIONS } from '../../../lib/cost/prices.js';
import type { StackResource } from './account.js';

/** Outcome of a step. A step is skipped if the local endpoint or the region cannot run it. */
type Outcome = 'done' | 'failed' | 'skipped';

interface Step {
  readonly stack: string;
  readonly step: string;
  /** Question about AWS that the step answers. */
  readonly question?: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** Result, first lines of the error, or reason why the step was skipped. */
  readonly detail?: string;
}

/** Cost of a stack while it was deployed, without requests. */
interface Cost {
  readonly stack: string;
  readonly hours: number;
  /** Idle cost at list prices. */
  readonly monthlyUsd: number;
  readonly usd: number;
}

interface Left extends Pick<StackResource, 'ResourceType' | 'PhysicalResourceId'> {
  readonly stack: string;
}

const DETAIL_LENGTH = 600;

/** Times, costs and answers of a run. */
export class Report {
  private readonly steps: Step[] = [];
  private readonly costs: Cost[] = [];
  private readonly left: Left[] = [];
  private tagged: readonly string[] = [];

  /** Runs a step and records its time, and its result if that is a text. */
  async run(stack: string, step: string, action: () => Promise<unknown>, question?: string): Promise<void> {
    const since = performance.now();
    const record = (outcome: Outcome, detail?: string) =>
      this.steps.push({ stack, step, question, outcome, seconds: secondsSince(since), detail });
    try {
      const result = await action();
      record('done', typeof result === 'string' ? result : undefined);
    } catch (error) {
      record('failed', (error as Error).message.slice(-DETAIL_LENGTH));
      throw error;
    }
  }

  skip(stack: string, step: string, reason: string, question?: string): void {
    this.steps.push({ stack, step, question, outcome: 'skipped', seconds: 0, detail: reason });
  }

  /** Records the cost of a stack that was deployed for `milliseconds`, from the annotations of its synthesis. */
  cost(stack: string, milliseconds: number, messages: readonly string[]): void {
    const amounts = messages.flatMap((message) => /costs about \$([\d.]+) a month without/.exec(message)?.[1] ?? []);
    const monthlyUsd = amounts.reduce((sum, amount) => sum + Number(amount), 0);
    const hours = milliseconds / 3_600_000;
    this.costs.push({ stack, hours, monthlyUsd, usd: (monthlyUsd / HOURS_PER_MONTH) * hours });
  }

  /** Records the resources that the stack keeps when it is destroyed. */
  leaves(stack: string, resources: readonly StackResource[]): void {
    const kept = resources.map(({ ResourceType, PhysicalResourceId }) => ({ stack, ResourceType, PhysicalResourceId }));
    this.left.push(...kept);
  }

  /** Records the ARNs that AWS still lists after the stacks were destroyed. */
  finds(tagged: readonly string[]): void {
    this.tagged = tagged;
  }

  /** Prints the report, and writes it as JSON to the file that `npm run integ -- aws --json` reads. */
  print(where: string): void {
    const { steps, costs, left, tagged } = this;
    const usd = costs.reduce((sum, cost) => sum + cost.usd, 0);
    const prices = `list prices of ${PRICES_REGIONS.aws} as of ${DEFAULT_PRICES.asOf}, of the constructs, without requests, builds and storage`;
    const file = process.env.MODELSHIP_INTEG_REPORT;
    if (file) writeFileSync(file, `${JSON.stringify({ where, steps, costs, usd, prices, left, tagged }, null, 2)}\n`);
    const lines = [
      `\nReport of ${where}`,
      ...steps.flatMap(({ stack, step, question, outcome, seconds, detail }) => [
        `${outcome.padEnd(8)}${seconds.toFixed(0).padStart(5)} s  ${stack}: ${step}`,
        ...(question ? [`                 ${question}`] : []),
        ...(detail ? [`                 ${detail.trim().replaceAll('\n', '\n                 ')}`] : []),
      ]),
      `Cost: $${usd.toFixed(4)} (${prices})`,
      ...costs.map(
        ({ stack, hours, monthlyUsd, usd: each }) =>
          `  ${stack}: $${each.toFixed(4)} for ${(hours * 60).toFixed(1)} minutes at $${monthlyUsd.toFixed(2)} a month`,
      ),
      left.length > 0 ? 'Kept on purpose when the stacks were destroyed:' : 'The stacks keep nothing.',
      ...left.map(({ stack, ResourceType, PhysicalResourceId }) => `  ${stack}: ${ResourceType} ${PhysicalResourceId}`),
      ...(tagged.length > 0 ? ['Still listed by AWS, some because of deletions that are under way:'] : []),
      ...tagged.map((arn) => `  ${arn}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

const secondsSince = (start: number) => Math.round((performance.now() - start) / 100) / 10;
