import { DEFAULT_PORT, LIVE_PATH, predictPath, READY_PATH } from '@modelship/runtime/contract';
import { MODEL_FORMATS } from '@modelship/runtime/manifest';
import { inferRequest } from '../example-request.js';
import { ImageArchitecture } from '../image-architecture.js';
import { packageLayout } from './model-layout.js';
import { modelVariables } from './model-variables.js';
import type { ServerSpec } from './spec.js';

/** Specification of Modelship's own runtime. */
export const modelship: ServerSpec = {
  name: 'Modelship',
  architectures: [ImageArchitecture.ARM64, ImageArchitecture.AMD64],
  port: DEFAULT_PORT,
  livePath: () => LIVE_PATH,
  readyPath: () => READY_PATH,
  predictPath: (model) => predictPath(model.name),
  // TensorFlow Serving's path has a colon, which Signature Version 4 encodes. curl encodes it only since 8.14: older
  // versions sign it wrongly, and the request fails with 403. https://github.com/curl/curl/issues/18423
  exampleRequest: inferRequest,
  needsGpu: false,
  speaksInstances: true,
  streams: false,
  formats: MODEL_FORMATS,
  layout: packageLayout,
  readsGcs: true,
  environment: modelVariables,
  sageMakerEnvironment: (model) => modelVariables(model, '/opt/ml/model'),
};
