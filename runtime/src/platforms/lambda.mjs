// What Lambda loads. It waits for the top level of an ES module while it initializes an environment, and so an environment
// that is kept warm has its model, and one that cannot load it fails before it takes a request.
import { handler, initialize, queueHandler, streamingHandler } from './lambda-handler.js';

await initialize();

export { handler, queueHandler, streamingHandler };
