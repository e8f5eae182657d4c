import { afterEach, describe } from 'vitest';
import { ENVIRONMENT } from '../../runtime/src/contract.js';
import {
  bundleOn,
  IRIS,
  type ServerCommand,
  type ServerProcess,
  SOURCES,
  spawnServer,
  stopAll,
  type Variables,
} from '../runtime/faults/servers.js';
import { node } from './nodes.js';
import { shareOf } from './share.js';

/** How a server is started: from the sources or from the bundle, and with which Node. */
export interface Form {
  readonly form: string;
  readonly command: ServerCommand;
}

const NODE = process.versions.node.split('.')[0];

const sources: Form = { form: `sources on ${NODE}`, command: SOURCES };

/** The forms of the bundle that users run: Azure Functions has Node 22, images and Lambda have Node 24. */
const bundles: readonly Form[] = [22, 24].map((major) => ({
  form: `bundle on ${major}`,
  command: bundleOn(node(major).path),
}));

/**
 * Forms of the server that a suite runs against: the sources, and with `npm test` one of the bundles.
 *
 * @param suite title of the suite. Each draws a bundle of its own.
 */
export function formsOf(suite: string): readonly Form[] {
  switch (process.env.MODELSHIP_TEST_FORMS) {
    case 'sources':
      return [sources];
    case 'bundle':
      // Tests import files of the bundle, and the other run starts its servers.
      return [];
    default:
      return [sources, ...shareOf(bundles, 1, suite)];
  }
}

/** Starts a server of the form under test, which serves the iris model unless `variables` name another. */
export type StartServer = (variables?: Variables) => ServerProcess;

/**
 * Runs the same cases against each form of the server: the sources with the Node that runs the tests, and the bundle
 * with Node 22 or Node 24, with both under `npm run test:all`. Servers that a case starts end after it.
 *
 * A suite that serves in the process of the test moves here by three changes: `describe` becomes `describeServers`, its
 * callback takes `start`, and settings become `MODELSHIP_*` variables.
 *
 * ```ts
 * describeServers('cross-origin requests', (start) => {
 *   it('are allowed from the origins that the configuration names', async () => {
 *     const base = await start({ [ENVIRONMENT.corsOrigins]: PAGE }).url;
 *     expect((await predict(base, { origin: PAGE })).status).toBe(200);
 *   });
 * });
 * ```
 *
 * `npm run build` makes the bundle, `node scripts/setup.mjs --for test` installs the versions of Node.
 */
export function describeServers(title: string, cases: (start: StartServer) => void): void {
  describe.each(formsOf(title))(`${title} [$form]`, ({ command }) => {
    afterEach(stopAll);
    cases((variables) => spawnServer({ [ENVIRONMENT.model]: IRIS, ...variables }, command));
  });
}
