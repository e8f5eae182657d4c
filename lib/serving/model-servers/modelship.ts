import { DEFAULT_PORT, ENVIRONMENT, LIVE_PATH, predictPath, READY_PATH } from '@modelship/runtime/contract';
import { MODEL_FORMATS } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';
import { packageLayout } from '../model-layout.js';
import type { ServerSpec } from './spec.js';

const environment = (model: Model, folder: string) => ({
  [ENVIRONMENT.model]: folder,
  [ENVIRONMENT.modelDigest]: model.digest,
});

/** Modelship's own runtime. */
export const modelship: ServerSpec = {
  name: 'Modelship',
  port: DEFAULT_PORT,
  livePath: () => LIVE_PATH,
  readyPath: () => READY_PATH,
  predictPath: (model) => predictPath(model.name),
  needsGpu: false,
  streams: false,
  formats: MODEL_FORMATS,
  layout: packageLayout,
  environment,
  sageMakerEnvironment: (model) => environment(model, '/opt/ml/model'),
};
