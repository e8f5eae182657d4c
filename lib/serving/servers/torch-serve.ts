import type { Model } from '../../model/model.js';
import type { LayoutFile } from './model-layout.js';
import { artifactFiles } from './model-layout.js';
import type { ServerImage, ServerSpec } from './spec.js';

const CONFIG_FILE = 'config.properties';
const SCRATCH_FOLDER = '/tmp';
const LOGS = `${SCRATCH_FOLDER}/logs`;

/**
 * Returns the specification of TorchServe, which is no longer maintained. Source:
 * https://pytorch.org/serve/configuration.html
 */
export function torchServe(image: ServerImage, handler: string): ServerSpec {
  return {
    name: 'TorchServe',
    ...image,
    port: 8080,
    livePath: () => '/ping',
    readyPath: () => '/ping',
    predictPath: (model) => `/predictions/${model.name}`,
    needsGpu: false,
    speaksInstances: false,
    streams: false,
    formats: ['torchscript'],
    layout: (model) => layout(model, handler),
    readsGcs: false,
    command: (model, folder) => [
      'torchserve',
      '--foreground',
      '--model-store',
      folder,
      '--models',
      `${model.name}=${folder}/${model.name}`,
      '--ts-config',
      `${folder}/${CONFIG_FILE}`,
    ],
    // Only the image's own user can access its home directory, and the server writes to its working directory.
    workingFolder: SCRATCH_FOLDER,
    environment: () => ({ TEMP: SCRATCH_FOLDER, LOG_LOCATION: LOGS, METRICS_LOCATION: LOGS }),
  };
}

/** Lists the files of an unpacked archive, as `torch-model-archiver --archive-format no-archive` creates it. */
function layout(model: Model, handler: string): readonly LayoutFile[] {
  const serializedFile = 'model.pt';
  const manifest = {
    createdOn: '01/01/2026 00:00:00',
    runtime: 'python',
    model: { modelName: model.name, serializedFile, handler, modelVersion: model.version },
    archiverVersion: '0.12.0',
  };
  return [
    ...artifactFiles(model).map((file) => ({ ...file, path: `${model.name}/${file.path || serializedFile}` })),
    { path: `${model.name}/MAR-INF/MANIFEST.json`, content: JSON.stringify(manifest, null, 2) },
    // The management API listens on loopback only, and the server does not load models from URLs.
    {
      path: CONFIG_FILE,
      content: [
        'inference_address=http://0.0.0.0:8080',
        'management_address=http://127.0.0.1:8081',
        'metrics_address=http://127.0.0.1:8082',
        'allowed_urls=file://.*',
        'disable_token_authorization=true',
        '',
      ].join('\n'),
    },
  ];
}
