import { predictPath } from '@modelship/runtime/contract';
import { artifactFiles } from './model-layout.js';
import type { ServerImage, ServerSpec } from './spec.js';

const REST_PORT = 8501;

/** https://www.tensorflow.org/tfx/serving/docker, and for SageMaker aws/sagemaker-tensorflow-serving-container. */
export function tensorFlowServing(image: ServerImage): ServerSpec {
  return {
    name: 'TensorFlow Serving',
    ...image,
    port: REST_PORT,
    // It has no route for the process alone.
    livePath: (model) => `/v1/models/${model.name}`,
    readyPath: (model) => `/v1/models/${model.name}`,
    predictPath: (model) => predictPath(model.name),
    needsGpu: false,
    speaksInstances: true,
    streams: false,
    formats: ['saved_model'],
    layout: (model) =>
      artifactFiles(model).map((file) => ({ ...file, path: `${model.name}/${model.version}/${file.path}` })),
    readsGcs: true,
    // The image's entry point passes them on to the server, after its own.
    // The folder never changes, and where it is mounted from a bucket each look for new versions is paid.
    command: () => [`--rest_api_port=${REST_PORT}`, '--file_system_poll_wait_seconds=0'],
    startsWithoutCommand: true,
    environment: (model, folder) => ({ MODEL_NAME: model.name, MODEL_BASE_PATH: folder }),
    sageMakerEnvironment: (model) => ({ SAGEMAKER_TFS_DEFAULT_MODEL_NAME: model.name }),
  };
}
