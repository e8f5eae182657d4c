import { predictPath } from '@modelship/runtime/contract';
import { instancesBody } from '../example-request.js';
import { artifactFiles } from './model-layout.js';
import type { ServerImage, ServerSpec } from './spec.js';

const REST_PORT = 8501;

/**
 * Returns the specification of TensorFlow Serving. Sources: https://www.tensorflow.org/tfx/serving/docker, and for
 * SageMaker aws/sagemaker-tensorflow-serving-container.
 */
export function tensorFlowServing(image: ServerImage): ServerSpec {
  return {
    name: 'TensorFlow Serving',
    ...image,
    port: REST_PORT,
    // TensorFlow Serving has no liveness route for the process itself.
    livePath: (model) => `/v1/models/${model.name}`,
    readyPath: (model) => `/v1/models/${model.name}`,
    predictPath: (model) => predictPath(model.name),
    exampleRequest: ({ name, manifest }) => ({ path: predictPath(name), body: instancesBody(manifest.inputs) }),
    needsGpu: false,
    speaksInstances: true,
    streams: false,
    formats: ['saved_model'],
    layout: (model) =>
      artifactFiles(model).map((file) => ({ ...file, path: `${model.name}/${model.version}/${file.path}` })),
    readsGcs: true,
    // The image's entry point appends these arguments to its own.
    // Polling is disabled because the folder never changes, and each poll of a mounted bucket is billed.
    command: () => [`--rest_api_port=${REST_PORT}`, '--file_system_poll_wait_seconds=0'],
    startsWithoutCommand: true,
    environment: (model, folder) => ({ MODEL_NAME: model.name, MODEL_BASE_PATH: folder }),
    sageMakerEnvironment: (model) => ({ SAGEMAKER_TFS_DEFAULT_MODEL_NAME: model.name }),
  };
}
