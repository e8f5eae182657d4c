import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lambdaLayer } from '../lib/bundle/lambda-layer.js';
import { IRIS } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { ROOT } from './support/peers.js';

const IMAGE = 'europe-west4-docker.pkg.dev/project/runtime/runtime:1';

/** An app that writes its template to the folder given. */
interface App {
  readonly name: string;
  readonly script: string;
  args(outdir: string): string[];
}

/** From the start of a CDKTF app to its template: Cloud Run, by hand and by the construct. */
export function benchmarkCloudRunSynth(rounds: number): Promise<Comparison> {
  const args = (outdir: string) => [IRIS, IMAGE, outdir];
  return synth(rounds, 'first', [
    { name: 'CDKTF by hand', script: 'cdktf_cloud_run.cjs', args },
    { name: 'Modelship', script: 'modelship_cloud_run.cjs', args },
  ]);
}

/** From the start of a CDK app to its template: Lambda and API Gateway, by hand and by the construct. */
export function benchmarkLambdaSynth(rounds: number): Promise<Comparison> {
  return lambdaSynth(rounds, 'first');
}

/** The same where the output of the synthesis before lies there. */
export function benchmarkLambdaSynthAgain(rounds: number): Promise<Comparison> {
  return lambdaSynth(rounds, 'again');
}

async function lambdaSynth(rounds: number, when: 'first' | 'again'): Promise<Comparison> {
  const layer = lambdaLayer({ architecture: 'arm64' });
  const apps: App[] = [
    { name: 'CDK by hand', script: 'cdk_lambda.cjs', args: (outdir) => [IRIS, outdir, layer.directory, layer.digest] },
    { name: 'Modelship', script: 'modelship_lambda.cjs', args: (outdir) => [IRIS, outdir] },
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
    const template = JSON.parse(readFileSync(join(outdir, 'iris.template.json'), 'utf8'));
    return (Object.values(template.Resources) as { Type: string }[]).map(({ Type }) => Type).sort();
  });
  rmSync(folder, { recursive: true, force: true });
  const [first, ...others] = types.map((each) => each.join(', '));
  for (const other of others) {
    if (other !== first) throw new Error(`the apps make other resources:\n  ${first}\n  ${other}`);
  }
}
