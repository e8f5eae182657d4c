// Runs the checks and the tests, and closes with one plain line of totals. With --all it runs the long suites whole; else
// a share of them, drawn by a seed that it prints.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const report = join('.cache', 'test-report.json');
mkdirSync('.cache', { recursive: true });
rmSync(report, { force: true });

const all = process.argv.includes('--all');
const seed = process.env.MODELSHIP_TEST_SEED ?? `${Math.floor(Math.random() * 2 ** 31)}`;
const env = { ...process.env, MODELSHIP_TEST_SEED: seed, ...(all ? { MODELSHIP_TEST_ALL: 'true' } : {}) };
const run = (args) => spawnSync('npx', ['--no-install', ...args], { stdio: 'inherit', env }).status ?? 1;

const checks = [run(['biome', 'check', '.']), run(['tsc', '-p', 'tsconfig.test.json'])];
if (!all)
  console.error(`A share of the long suites runs, of the seed ${seed}: MODELSHIP_TEST_SEED=${seed} draws the same.`);
const tests = run([
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2).filter((argument) => argument !== '--all'),
]);

if (!existsSync(report)) {
  console.error('the test runner ended before it could report; see above.');
  process.exit(1);
}
const totals = JSON.parse(readFileSync(report, 'utf8'));

/** How many tests were skipped because their tool is missing, by the reason in the title of their group. */
const missingTools = new Map();
for (const { ancestorTitles, status } of totals.testResults.flatMap(({ assertionResults }) => assertionResults)) {
  const reason = ancestorTitles.join(' ').match(/\[needs ([^\]]+)\]/)?.[1];
  if (reason && status !== 'passed' && status !== 'failed') {
    missingTools.set(reason, (missingTools.get(reason) ?? 0) + 1);
  }
}
for (const [reason, count] of missingTools) console.error(`NOT RUN: ${count} tests that need ${reason}`);

const failedChecks = checks.filter((status) => status !== 0).length;
if (failedChecks > 0) console.error(`${failedChecks} of the static checks failed; see above.`);
console.log(`${totals.numPassedTests} passed, ${totals.numFailedTests} failed, ${totals.numPendingTests} skipped`);
process.exit(failedChecks > 0 || tests !== 0 ? 1 : 0);
