/** What it takes to run models and to serve them, for the command-line tool. */
export { ConfigError, type RuntimeConfig, readConfig } from './config.js';
export { type Artifact, type EngineOptions, engineFor, type LoadedModel } from './engines/index.js';
export { tensorBytes } from './inference/binary.js';
export { differenceBetween, type Tolerance } from './inference/difference.js';
export { JsonReader, TensorBuilder } from './inference/json/index.js';
export { elementCount, shapeFits } from './inference/tensor.js';
export { encodeInferRequestJson, encodeSamples, type Sample } from './protocols/index.js';
export { createRuntime, type Runtime } from './runtime.js';
export { type RunningServer, startServer } from './server/start-server.js';
