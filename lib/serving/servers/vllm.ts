import { modelSource } from './source.js';
import type { ServerImage, ServerSpec } from './spec.js';

const CHAT_PATH = '/v1/chat/completions';

/**
 * Returns the specification of vLLM. Sources: https://docs.vllm.ai/en/stable/cli/serve/, and for SageMaker
 * examples/deployment/sagemaker-entrypoint.sh in its repository.
 */
export function vllm(image: ServerImage, source: string, options: Readonly<Record<string, string>>): ServerSpec {
  const from = modelSource(source);
  const isBucket = from.kind === 's3' || from.kind === 'gcs';
  // `runai_streamer` is the only loader of vLLM that reads from buckets.
  const weights = isBucket ? { 'load-format': 'runai_streamer', ...options } : options;
  return {
    name: 'vLLM',
    ...image,
    port: 8000,
    livePath: () => '/health',
    readyPath: () => '/health',
    predictPath: () => CHAT_PATH,
    exampleRequest: ({ name }) => ({
      path: CHAT_PATH,
      body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello' }] }),
    }),
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
      // vLLM uses one GPU by default, so the others would sit idle.
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
