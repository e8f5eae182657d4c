import { IRIS } from './support/models.js';
import { type PacedReport, pacedLoad } from './support/paced.js';
import { type Comparison, compareMany, type ManySided } from './support/pairs.js';
import { MissingPeerError } from './support/peers.js';
import { jsonPost } from './support/posts.js';
import { fastApi, modelship, type ServerFactory } from './support/servers.js';
import { serving } from './support/serving.js';
import type { Settings } from './support/settings.js';
import { requestsPerSecond } from './support/wrk.js';

/** The share of what a server can do at most, under which it should run. */
const SHARE = 0.7;

const UNITS = ['requests/s', 'ms, p50', 'ms, p90', 'ms, p99'];

/**
 * Latency percentiles of iris by JSON where requests come at a steady rate: 70 % of what the same server managed a moment
 * ago; and ours at the peer's rate, too.
 */
export function benchmarkLatency({ rounds, seconds }: Settings): Promise<Comparison[]> {
  const post = jsonPost(IRIS);
  let peerRate = 0;
  const side = (name: string, factory: ServerFactory, rateOf: (port: number) => Promise<number>): ManySided => ({
    name,
    run: () =>
      serving({ factory, modelPackage: IRIS, post }, async (port) =>
        figures(await pacedLoad(port, post, await rateOf(port), seconds)),
      ),
  });
  const ownRate = async (port: number) => SHARE * (await requestsPerSecond(port, post, { seconds }));
  return compareMany(UNITS, rounds, [
    side('FastAPI + onnxruntime', fastApi, async (port) => {
      peerRate = await ownRate(port);
      return peerRate;
    }),
    side('Modelship', modelship, ownRate),
    side('Modelship, as many requests as FastAPI', modelship, async () => {
      if (peerRate === 0) throw new MissingPeerError('the rate of FastAPI is unknown');
      return peerRate;
    }),
  ]);
}

function figures({ requestsPerSecond: rate, p50, p90, p99 }: PacedReport): number[] {
  return [rate, p50, p90, p99];
}
