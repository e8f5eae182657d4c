const MB = 1_000_000;

/**
 * Limits of Vertex AI. Sources: https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type and
 * https://cloud.google.com/vertex-ai/docs/quotas
 */
export const VERTEX = {
  /** Maximum size of a request or response on the shared regional endpoint, in bytes. */
  sharedPayloadBytes: 1.5 * MB,
  /** Maximum size on a dedicated endpoint or through Private Service Connect, in bytes. */
  dedicatedPayloadBytes: 10 * MB,
  sharedTimeoutSeconds: 60,
  /** Maximum timeout in seconds. A longer one needs a setting that the Terraform resource does not have. */
  dedicatedTimeoutSeconds: 600,
  /** Time to provision a replica's machine and pull its image. Together with the server's start, at most two hours. */
  provisionSeconds: 1800,
  startupSeconds: { min: 60, max: 5400, unit: 'seconds', source: 'Vertex AI' },
  replicas: { min: 1, max: 1000, source: 'Vertex AI' },
  /** Pattern of an endpoint's name and of a deployed model's id. */
  endpointName: /^[1-9]\d{0,9}$/,
  /** Number of paths of sampled Shapley. Each path invokes the model once for every feature. */
  shapleyPaths: { min: 1, max: 50, source: 'Vertex AI' },
  samplingPercent: { min: 0.01, max: 100, fraction: true, unit: 'percent', source: 'Vertex AI' },
  modelIdLength: 63,
} as const;
