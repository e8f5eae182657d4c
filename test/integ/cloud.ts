import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { TerraformOutput, type TerraformStack } from 'cdktf';
import { expect } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';

/** Milliseconds for all steps of one stack in a cloud, where a cluster takes a quarter of an hour to create. */
export const CLOUD_TIMEOUT = 6 * 3_600_000;

/** Milliseconds in which a new endpoint or a new role may reject requests. */
const SETTLING = 10 * 60_000;
const PAUSE = 15_000;

const example = (name: string) => Model.fromDirectory(join(__dirname, '..', '..', 'examples', name, 'model'));

/** Endpoint of any construct. */
interface Endpoint {
  readonly predictCommand: string | undefined;
}

/**
 * Deploys an endpoint with one model, then with another one, then with the first again, requests a prediction from each, and
 * destroys everything.
 *
 * @param make adds the endpoint, and the right to invoke it, to a stack with a provider; `step` differs each time
 */
export async function deployToCloud(
  name: string,
  newStack: () => TerraformStack,
  make: (stack: TerraformStack, model: Model, step: string) => Endpoint,
): Promise<void> {
  const deployment = new Deployment();
  const serving = (step: string, model: string): [string, () => TerraformStack] => [step, () => deploy(step, model)];
  const deploy = (step: string, model: string) => {
    const stack = newStack();
    new TerraformOutput(stack, 'command', { value: make(stack, example(model), step).predictCommand });
    return stack;
  };
  const predict = async () => expectPrediction(await deployment.output('command'));
  const steps = [serving('first', 'iris'), serving('second', 'diabetes'), serving('first-again', 'iris')];
  try {
    expectSettled(name, await runLifecycle(deployment, Object.fromEntries(steps), predict), []);
  } catch (error) {
    await deployment.destroy();
    throw error;
  }
}

async function expectPrediction(command: string): Promise<void> {
  const end = Date.now() + SETTLING;
  for (;;) {
    const printed = execFileSync('bash', ['-c', command], { encoding: 'utf8' });
    if (/"outputs"|"predictions"/.test(printed)) return;
    if (Date.now() > end) expect(printed, command).toContain('"outputs"');
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Returns the value of an environment variable. */
export function setting(name: string, what: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`NOT RUN: set ${name} to ${what}`);
  return value;
}
