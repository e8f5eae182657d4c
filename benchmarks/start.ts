import { IRIS } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { freePort, start, stop, untilAnswered } from './support/process.js';
import { bareNode, fastApi, modelship, type ServerFactory } from './support/servers.js';
import type { Settings } from './support/settings.js';

/** From the start of the process to the first prediction. */
export function benchmarkStart({ rounds }: Settings): Promise<Comparison> {
  const post = jsonPost(IRIS);
  const side = (name: string, factory: ServerFactory): Side => ({
    name,
    async run() {
      const port = await freePort();
      const since = performance.now();
      const server = start(factory(IRIS, port));
      await untilAnswered(port, post);
      const elapsed = performance.now() - since;
      await stop(server);
      return elapsed;
    },
  });
  return compare('ms', rounds, [
    side('FastAPI + onnxruntime', fastApi),
    side('Modelship', modelship),
    side('bare Node + onnxruntime (limit)', bareNode),
  ]);
}
