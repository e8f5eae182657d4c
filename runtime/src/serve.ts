/** Exports for the command-line tool, which runs and serves models. */
export { ConfigError, type RuntimeConfig, readConfig } from './config.js';
export { type Artifact, artifactOf, type EngineOptions, engineFor, type LoadedModel } from './engines/index.js';
export { pythonFolder } from './engines/python/python-folder.js';
export { workerEnvironment } from './engines/python/worker-environment.js';
export { encodeInferRequestJson, encodeSamples, type Sample } from './manifest/samples.js';
export { formatOfPlatform } from './protocols/open-inference/metadata.js';
export { encodePredictionLines } from './protocols/tensorflow-serving/predict-response.js';
export { createRuntime, type Runtime } from './runtime.js';
export { madeUpExamples } from './scheduling/made-up-examples.js';
export { type RunningServer, startServer } from './start-server.js';
export { loadModel } from './tasks/load-model.js';
export { tensorBytes } from './tensor/binary.js';
export { inputsFromColumns } from './tensor/columns.js';
export { differenceBetween, type Tolerance } from './tensor/difference.js';
export { JsonReader, TensorBuilder } from './tensor/json/index.js';
export { missingColumn } from './tensor/missing.js';
export { elementCount, shapeFits, shapeFitsSpec, shapeText } from './tensor/tensor.js';
