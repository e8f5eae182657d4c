// Module that Lambda loads. Lambda awaits the top level of an ES module while it initializes an environment. A
// provisioned environment therefore has its model loaded, and an environment that cannot load it fails before it takes
// a request.
import { handler, initialize, queueHandler, streamingHandler } from './lambda-handler.js';

await initialize();

export { handler, queueHandler, streamingHandler };
