import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { node } from '../../support/nodes.js';
import { childrenOf } from '../processes/several.js';
import { bundleOn, metric, runSlow, type ServerCommand, slowPackage, spawnServer, stopAll, until } from './servers.js';

afterEach(stopAll);

/** Starts a program as the first process of a PID namespace, as a container does. */
const CONTAINER = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;
const hasNamespaces = spawnSync(CONTAINER[0], [...CONTAINER.slice(1), 'true']).status === 0;

describe.skipIf(!hasNamespaces)('fault 61: a second SIGTERM to the first process of a container', () => {
  it.each(['1', '2'])(
    'ends it at once, whatever still runs, with %s processes',
    async (processes) => {
      const command: ServerCommand = [...CONTAINER, ...bundleOn(node(24).path)];
      const server = spawnServer({ [ENVIRONMENT.model]: slowPackage(20), [ENVIRONMENT.processes]: processes }, command);
      const base = await server.url;
      const running = runSlow(base, 1e12).catch(() => 'cut off');
      await until(async () => (await metric(base, 'modelship_queue_depth')) === 1);
      const [first] = childrenOf(server);
      process.kill(first!, 'SIGTERM');
      await until(async () => (await fetch(`${base}/v2/health/ready`)).status === 503);
      process.kill(first!, 'SIGTERM');
      expect(await server.exit).toBe(137);
      expect(await running).toBe('cut off');
    },
    60_000,
  );
});
