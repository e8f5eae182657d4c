import { describe } from 'vitest';

/**
 * Groups tests that only `npm run integ -- REQUEST` runs. In all other runs they are skipped, and `npm test` prints how
 * many were not run; see scripts/test.mjs.
 */
export function describeOnRequest(request: string, tests: () => void): void {
  if (process.env.MODELSHIP_INTEG === request) describe(request, tests);
  else describe.skip(`${request} [needs to be asked for: npm run integ -- ${request}]`, tests);
}
