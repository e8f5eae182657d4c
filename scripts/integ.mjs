// Runs the tests that deploy for real: `npm run integ -- NAME [--local] [--json]`. With --local they deploy to a double of
// the cloud on this machine, by the real Terraform or CDK. With --json, which `aws` has, standard output is the report, and
// the test runner writes to standard error. Other arguments go to the test runner.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AZURE = ['hashicorp/azurerm', 'hashicorp/azuread', 'azure/azapi', 'hashicorp/time'];
const GOOGLE = ['hashicorp/google', 'magodo/restful', 'hashicorp/time'];
const KUBERNETES = ['hashicorp/kubernetes'];
/** Terraform providers that the stacks of each test use. */
const PROVIDERS = {
  azure: AZURE,
  google: GOOGLE,
  kubernetes: KUBERNETES,
  validate: [...new Set([...AZURE, ...GOOGLE, ...KUBERNETES, 'hashicorp/helm'])],
};

const [name, ...rest] = process.argv.slice(2);
const local = rest.includes('--local');
const file = join('test', 'integ', `${name}${local ? '-local' : ''}.test.ts`);
if (!name || !existsSync(file)) {
  console.error(
    `usage: npm run integ -- NAME [--local] [--json]; got ${process.argv.slice(2).join(' ') || 'nothing'}.`,
  );
  process.exit(2);
}
if (PROVIDERS[name]) requireProviders(PROVIDERS[name]);

const json = rest.includes('--json');
if (json && name !== 'aws') {
  console.error(`--json is for aws only, got ${name}.`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'modelship-integ-'));
const report = join(folder, 'report.json');
const totals = join(folder, 'totals.json');
const { status } = spawnSync(
  'npx',
  [
    '--no-install',
    'vitest',
    'run',
    file,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${totals}`,
    ...rest.filter((argument) => !['--local', '--json'].includes(argument)),
  ],
  {
    stdio: ['inherit', json ? process.stderr : 'inherit', 'inherit'],
    env: {
      ...process.env,
      MODELSHIP_INTEG: [name, ...(local ? ['--local'] : [])].join(' '),
      ...(json ? { MODELSHIP_INTEG_REPORT: report } : {}),
    },
  },
);
if (json && existsSync(report)) process.stdout.write(readFileSync(report, 'utf8'));
const hasRun = ranTests(totals);
rmSync(folder, { recursive: true });
if (!hasRun) console.error(`NOT RUN: no test of ${file} ran; see above.`);
process.exit(hasRun ? (status ?? 1) : status || 1);

/** Whether a test passed or failed: the test runner itself ends with 0 if a pattern after -t matches no test. */
function ranTests(totals) {
  if (!existsSync(totals)) return false;
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(totals, 'utf8'));
  return numPassedTests + numFailedTests > 0;
}

/** Ends the process with what is missing, because tests that cannot run have not passed. */
function requireProviders(sources) {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-providers-'));
  const required = Object.fromEntries(sources.map((source) => [source.split('/')[1], { source }]));
  writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
  const { error, status, stderr } = spawnSync('terraform', ['init', '-input=false', '-no-color'], {
    cwd: folder,
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  if (status === 0) return;
  console.error(error ? `terraform: ${error.message}` : stderr);
  console.error(`NOT RUN: the tests of ${name} need Terraform and its providers ${sources.join(', ')}; see above.`);
  process.exit(1);
}
