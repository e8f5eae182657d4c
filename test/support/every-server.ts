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
} from '../runtime/faults/servers.js';
import { node } from './nodes.js';

/** The forms of the server that users run: Azure Functions has Node 22, images and Lambda have Node 24. */
const FORMS: readonly { readonly form: string; readonly command: ServerCommand }[] = [
  { form: `sources on ${process.versions.node.split('.')[0]}`, command: SOURCES },
  ...[22, 24].map((major) => ({ form: `bundle on ${major}`, command: bundleOn(node(major).path) })),
];

/** Starts a server of the form under test, which serves the iris model unless `variables` name another. */
export type StartServer = (variables?: Readonly<Record<string, string>>) => ServerProcess;

/**
 * Runs the same cases against each form of the server: the sources with the Node that runs the tests, and the bundle
 * with Node 22 and with Node 24. Servers that a case starts end after it.
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
  describe.each(FORMS)(`${title} [$form]`, ({ command }) => {
    afterEach(stopAll);
    cases((variables) => spawnServer({ [ENVIRONMENT.model]: IRIS, ...variables }, command));
  });
}
