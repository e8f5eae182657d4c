import { inferPath, LIVE_PATH, READY_PATH } from '@modelship/runtime/contract';
import type { Manifest, ModelFormat } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';
import { inferRequest } from '../example-request.js';
import type { LayoutFile } from './model-layout.js';
import { artifactFiles } from './model-layout.js';
import type { ServerImage, ServerSpec } from './spec.js';

/** Backend of each format, and the artifact name that the backend expects. */
const BACKENDS: Partial<Record<ModelFormat, { backend: string; artifact: string }>> = {
  onnx: { backend: 'onnxruntime', artifact: 'model.onnx' },
  saved_model: { backend: 'tensorflow', artifact: 'model.savedmodel' },
  torchscript: { backend: 'pytorch', artifact: 'model.pt' },
};

/** Formats that a backend of Triton loads. */
export const TRITON_FORMATS = Object.keys(BACKENDS) as readonly ModelFormat[];

/**
 * Formats without `saved_model`. NVIDIA's images have no TensorFlow backend since 25.03:
 * https://github.com/triton-inference-server/server/issues/8204
 */
export const NO_TENSORFLOW = TRITON_FORMATS.filter((format) => format !== 'saved_model');

/**
 * Returns the specification of NVIDIA Triton. Source:
 * https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html
 */
export function triton(image: ServerImage, formats = TRITON_FORMATS): ServerSpec {
  return {
    name: 'Triton',
    ...image,
    port: 8000,
    livePath: () => LIVE_PATH,
    readyPath: () => READY_PATH,
    predictPath: (model) => inferPath(model.name),
    exampleRequest: inferRequest,
    needsGpu: false,
    speaksInstances: false,
    streams: false,
    formats,
    layout: tritonLayout,
    readsGcs: true,
    command: (_model, folder) => ['tritonserver', `--model-repository=${folder}`, '--exit-on-error=true'],
    // The image detects Vertex AI by its environment variables. It prepends the program to the arguments, and the
    // server handles Vertex AI's routes on its own port.
    vertexCommand: (model, folder) => [
      `--model-repository=${folder}`,
      '--exit-on-error=true',
      `--vertex-ai-default-model=${model.name}`,
    ],
    environment: () => ({}),
    sageMakerEnvironment: (model) => ({ SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: model.name }),
  };
}

/** Returns the files of a model repository with one model. */
export function tritonLayout(model: Model): readonly LayoutFile[] {
  const { artifact } = BACKENDS[model.manifest.format] ?? { artifact: 'model' };
  return [
    { path: `${model.name}/config.pbtxt`, content: config(model) },
    ...artifactFiles(model).map((file) => ({
      ...file,
      path: `${model.name}/${model.version}/${artifact}${file.path && `/${file.path}`}`,
    })),
  ];
}

/** Creates the configuration in protobuf text format. `dims` include the batch dimension, so Triton adds none. */
function config({ name, manifest }: Model): string {
  const { backend } = BACKENDS[manifest.format] ?? { backend: manifest.format };
  return [
    `name: ${JSON.stringify(name)}`,
    `backend: ${JSON.stringify(backend)}`,
    'max_batch_size: 0',
    ...manifest.inputs.map((spec) => `input { ${tensor(spec)} }`),
    ...manifest.outputs.map((spec) => `output { ${tensor(spec)} }`),
    '',
  ].join('\n');
}

function tensor({ name, datatype, shape }: Manifest['inputs'][number]): string {
  const type = datatype === 'BYTES' ? 'STRING' : datatype;
  return `name: ${JSON.stringify(name)} data_type: TYPE_${type} dims: [${shape.join(', ')}]`;
}
