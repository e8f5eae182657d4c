// Runs the checks and every test, and closes with one plain line of totals.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const report = join('.cache', 'test-report.json');
mkdirSync('.cache', { recursive: true });
rmSync(report, { force: true });
const run = (args) => spawnSync('npx', ['--no-install', ...args], { stdio: 'inherit' }).status ?? 1;

const checks = [run(['biome', 'check', '.']), run(['tsc', '-p', 'tsconfig.test.json'])];
const tests = run([
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

if (!existsSync(report)) {
  console.error('the test runner ended before it could report; see above.');
  process.exit(1);
}
const totals = JSON.parse(readFileSync(report, 'utf8'));
const failedChecks = checks.filter((status) => status !== 0).length;
if (failedChecks > 0) console.error(`${failedChecks} of the static checks failed; see above.`);
console.log(`${totals.numPassedTests} passed, ${totals.numFailedTests} failed, ${totals.numPendingTests} skipped`);
process.exit(failedChecks > 0 || tests !== 0 ? 1 : 0);
