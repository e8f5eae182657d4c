import { modelSource } from './source.js';
import type { ServerImage, ServerSpec } from './spec.js';

/** https://docs.vllm.ai/en/stable/cli/serve/, and for SageMaker examples/deployment/sagemaker-entrypoint.sh there. */
export function vllm(image: ServerImage, source: string, options: Readonly<Record<string, string>>): ServerSpec {
  const from = modelSource(source);
  const isBucket = from.kind === 's3' || from.kind === 'gcs';
  // The only one of its loaders that reads from buckets.
  const weights = isBucket ? { 'load-format': 'runai_streamer', ...options } : options;
  return {
    name: 'vLLM',
    ...image,
    port: 8000,
    livePath: () => '/health',
    readyPath: () => '/health',
    predictPath: () => '/v1/chat/completions',
    needsGpu: true,
    speaksInstances: false,
    streams: true,
    source: from,
    layout: () => [],
    readsGcs: true,
    command: (model, _folder, gpuCount = 1) => [
      '--model',
      source,
      '--served-model-name',
      model.name,
      // One GPU would be used, and the others paid for.
      ...Object.entries({ ...(gpuCount > 1 && { 'tensor-parallel-size': `${gpuCount}` }), ...weights }).flatMap(
        ([name, value]) => [`--${name}`, value],
      ),
    ],
    environment: () => ({ VLLM_NO_USAGE_STATS: '1' }),
    sageMakerEnvironment: (model) => ({
      SM_VLLM_MODEL: source,
      SM_VLLM_SERVED_MODEL_NAME: model.name,
      ...Object.fromEntries(
        Object.entries(weights).map(([name, value]) => [`SM_VLLM_${name.replaceAll('-', '_').toUpperCase()}`, value]),
      ),
    }),
  };
}
