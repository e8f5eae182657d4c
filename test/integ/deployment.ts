import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerraformStack, Testing } from 'cdktf';
import { expect } from 'vitest';
import { requireTool } from '../support/tools.js';

// biome-ignore lint/suspicious/noExplicitAny: a template is whatever Terraform's JSON syntax allows
type Json = any;

/** Minutes after which a command of Terraform is stopped, against a double and in a cloud. */
const TIMEOUT_MINUTES = { double: 60, cloud: 120 };

/** Exit code of `terraform plan -detailed-exitcode` for a plan that is not empty. */
const PLAN_HAS_CHANGES = 2;

/** What happened to a stack that was applied, updated, rolled back and destroyed. */
export interface Lifecycle {
  /** Number of resources after the first apply. */
  readonly resources: number;
  readonly providers: Readonly<Record<string, string>>;
  /** Changes that each step would make if it were applied again, by the step's name. */
  readonly repeated: Readonly<Record<string, readonly Change[]>>;
}

/**
 * Applies the stacks of `steps` one after another, plans again after each, and destroys everything at the end.
 *
 * @param verify called after each apply
 */
export async function runLifecycle(
  deployment: Deployment,
  steps: Readonly<Record<string, () => TerraformStack | Promise<TerraformStack>>>,
  verify: () => Promise<void> = async () => {},
): Promise<Lifecycle> {
  let resources = 0;
  const repeated: Record<string, Change[]> = {};
  for (const [name, stack] of Object.entries(steps)) {
    await deployment.synthesize(await stack());
    await deployment.apply();
    await verify();
    resources ||= await deployment.size();
    repeated[name] = await deployment.plan();
  }
  const providers = await deployment.providers();
  await deployment.destroy();
  deployment.remove();
  return { resources, providers, repeated };
}

/** Expects empty second plans, and that nothing is `left` of what was applied. Prints the figures of the lifecycle. */
export function expectSettled(
  name: string,
  { resources, providers, repeated }: Lifecycle,
  left: readonly string[],
): void {
  console.log(`${name}: ${resources} resources, ${JSON.stringify(providers)}`);
  for (const [step, changes] of Object.entries(repeated)) expect(changes, `second plan of ${step}`).toEqual([]);
  expect(left).toEqual([]);
}

/** Resource of a plan that would change, and how. */
export interface Change {
  readonly address: string;
  readonly actions: readonly string[];
  /** Attributes that would change, with their values before and after. */
  readonly attributes: Readonly<Record<string, readonly [Json, Json]>>;
}

/** Synthesized stack that the real Terraform applies with its real providers. */
export class Deployment {
  private readonly directory = mkdtempSync(join(tmpdir(), 'deployment-'));

  /** @param env variables that send the providers to a local double, or undefined for the cloud itself */
  constructor(private readonly env?: Readonly<Record<string, string>>) {}

  /** Replaces the configuration by the one of `stack`. The state stays. */
  async synthesize(stack: TerraformStack): Promise<void> {
    const output = Testing.fullSynth(stack);
    const from = join(output, 'stacks', TerraformStack.of(stack).node.id);
    cpSync(from, this.directory, { recursive: true });
    const file = join(this.directory, 'cdk.tf.json');
    const template: Json = JSON.parse(readFileSync(file, 'utf8'));
    // The doubles enforce roles at once.
    const sleeps = this.env ? Object.values<Json>(template.resource.time_sleep ?? {}) : [];
    for (const sleep of sleeps) sleep.create_duration = '1s';
    // Terraform quotes whole lines in its errors.
    writeFileSync(file, JSON.stringify(template, null, 1));
    rmSync(output, { recursive: true });
    await this.terraform('init', '-input=false', '-no-color');
  }

  /**
   * What the providers say about the configuration, for which they need no cloud: warnings, if any.
   *
   * @throws Error with the values that they do not accept
   */
  validate(): Promise<string> {
    return this.terraform('validate', '-no-color');
  }

  async apply(): Promise<void> {
    await this.terraform('apply', '-auto-approve', '-input=false', '-no-color');
  }

  async destroy(): Promise<void> {
    await this.terraform('destroy', '-auto-approve', '-input=false', '-no-color');
  }

  /** What the next apply would change or read: `terraform plan -detailed-exitcode` ends with 2 in both cases. */
  async plan(): Promise<Change[]> {
    const file = join(this.directory, 'plan');
    const isEmpty = await this.terraform(
      'plan',
      '-input=false',
      '-no-color',
      '-detailed-exitcode',
      `-out=${file}`,
    ).then(
      () => true,
      (error: TerraformError) => {
        if (error.exitCode !== PLAN_HAS_CHANGES) throw error;
        return false;
      },
    );
    if (isEmpty) return [];
    const plan: Json = JSON.parse(await this.terraform('show', '-json', file));
    return (plan.resource_changes ?? [])
      .filter(({ change }: Json) => change.actions.join() !== 'no-op')
      .map(({ address, change }: Json) => ({
        address,
        actions: change.actions,
        attributes: differences(change),
      }));
  }

  /** Number of resources, without data sources. */
  async size(): Promise<number> {
    const addresses = (await this.terraform('state', 'list')).split('\n').filter(Boolean);
    // `terraform_data` is a resource.
    return addresses.filter((address) => !/(^|\.)data\./.test(address)).length;
  }

  output(name: string): Promise<string> {
    return this.terraform('output', '-raw', name);
  }

  /** Versions of the providers that `terraform init` chose. */
  async providers(): Promise<Readonly<Record<string, string>>> {
    const { provider_selections = {} } = JSON.parse(await this.terraform('version', '-json'));
    return provider_selections;
  }

  remove(): void {
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true });
  }

  /** Runs asynchronously, because the double may answer from this process. */
  private terraform(...args: string[]): Promise<string> {
    const options = {
      cwd: this.directory,
      timeout: TIMEOUT_MINUTES[this.env ? 'double' : 'cloud'] * 60_000,
      maxBuffer: 64 * 1024 * 1024,
      // `init` finds the providers where they are.
      env: { ...process.env, CHECKPOINT_DISABLE: '1', ...(args[0] === 'init' ? {} : this.env) },
    };
    return new Promise((resolve, reject) => {
      execFile(requireTool('terraform'), args, options, (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else {
          const message = `terraform ${args[0]} in ${this.directory}:\n${stderr}\n${stdout.slice(-1000)}`;
          reject(new TerraformError(message, error.code));
        }
      });
    });
  }
}

/** Command of Terraform that failed. */
class TerraformError extends Error {
  constructor(
    message: string,
    readonly exitCode: unknown,
  ) {
    super(message);
  }
}

function differences({ before, after, after_unknown }: Json): Change['attributes'] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return Object.fromEntries(
    [...names]
      .filter(
        (name) => after_unknown?.[name] !== true && JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]),
      )
      .map((name) => [name, [before?.[name], after?.[name]]]),
  );
}
