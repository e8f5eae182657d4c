import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionsFolder } from '../lib/bundle/functions-folder.js';
import { lambdaLayer } from '../lib/bundle/lambda-layer.js';
import { runtimeFolder } from '../lib/bundle/runtime-folder.js';
import { Model } from '../lib/model/model.js';
import { IRIS } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { ROOT } from './support/peers.js';
import type { Settings } from './support/settings.js';

const GOOGLE = ['google-serverless', 'google-container', 'google-managed-endpoint'];
const AZURE = ['azure-functions', 'azure-container-apps', 'azure-container', 'azure-managed-endpoint'];

/** What CDKTF apps are measured with: all targets of a cloud, and each alone, by their names. */
export const TERRAFORM_TARGETS: Readonly<Record<string, readonly string[]>> = {
  google: GOOGLE,
  azure: AZURE,
  ...Object.fromEntries([...GOOGLE, ...AZURE].map((target) => [target, [target]])),
};

/** An app that writes its template to the folder given. */
interface App {
  readonly name: string;
  readonly script: string;
  args(outdir: string): string[];
  /** The types of the resources that it wrote to the folder. */
  types(outdir: string): string[];
}

/** From the start of a CDKTF app to the templates of its targets: by hand and by the constructs. */
export function benchmarkTerraformSynth(targets: readonly string[], rounds: number): Promise<Comparison> {
  // The folder of a function app is given to the peer.
  const folder = functionsFolder({
    runtime: runtimeFolder({ architecture: 'x64' }),
    model: Model.fromDirectory(IRIS),
    keyRequired: false,
    timeoutSeconds: 60,
  });
  const app = (name: string, script: string, ...more: string[]): App => ({
    name,
    script,
    args: (outdir) => [targets.join(','), IRIS, outdir, ...more],
    types: (outdir) =>
      targets.flatMap((target) => {
        const { resource = {}, data = {} } = json(outdir, 'stacks', target, 'cdk.tf.json');
        return Object.entries<object>({ ...resource, ...data }).flatMap(([type, byId]) =>
          Object.keys(byId).map(() => type),
        );
      }),
  });
  const apps = [
    app('CDKTF by hand', 'cdktf_terraform.cjs', folder.directory, folder.digest),
    app('Modelship', 'modelship_terraform.cjs'),
  ];
  sameResources(apps);
  return synth(rounds, 'first', apps);
}

/** From the start of a CDK app to its template: Lambda and API Gateway, by hand and by the construct. */
export function benchmarkLambdaSynth({ rounds }: Settings): Promise<Comparison> {
  return lambdaSynth(rounds, 'first');
}

/** The same where the output of the synthesis before lies there. */
export function benchmarkLambdaSynthAgain({ rounds }: Settings): Promise<Comparison> {
  return lambdaSynth(rounds, 'again');
}

async function lambdaSynth(rounds: number, when: 'first' | 'again'): Promise<Comparison> {
  const layer = lambdaLayer({ architecture: 'arm64' });
  const types = (outdir: string) =>
    Object.values<{ Type: string }>(json(outdir, 'iris.template.json').Resources).map(({ Type }) => Type);
  const given = [layer.directory, layer.digest];
  const apps: App[] = [
    { name: 'CDK by hand', script: 'cdk_lambda.cjs', args: (outdir) => [IRIS, outdir, ...given], types },
    { name: 'Modelship', script: 'modelship_lambda.cjs', args: (outdir) => [IRIS, outdir], types },
  ];
  sameResources(apps);
  return synth(rounds, when, apps);
}

async function synth(rounds: number, when: 'first' | 'again', apps: readonly App[]): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-synth-'));
  const side = (app: App): Side => ({
    name: app.name,
    async run() {
      const outdir = join(folder, app.script);
      if (when === 'first') rmSync(outdir, { recursive: true, force: true });
      const since = performance.now();
      run(app, outdir);
      return performance.now() - since;
    },
  });
  try {
    return await compare('ms', rounds, apps.map(side));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run({ script, args }: App, outdir: string): void {
  execFileSync(process.execPath, [join(ROOT, 'benchmarks', 'peers', script), ...args(outdir)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @throws Error if the apps, which are to be compared, make other resources */
function sameResources(apps: readonly App[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-synth-'));
  const types = apps.map((app) => {
    const outdir = join(folder, app.script);
    run(app, outdir);
    return app.types(outdir).sort();
  });
  rmSync(folder, { recursive: true, force: true });
  const [first, ...others] = types.map((each) => each.join(', '));
  for (const other of others) {
    if (other !== first) throw new Error(`the apps make other resources:\n  ${first}\n  ${other}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
function json(...path: string[]): any {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}
