const MB = 1_000_000;

/** https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type, .../docs/quotas */
export const VERTEX = {
  /** Bytes of a request or response through the address that all endpoints of a region share. */
  sharedPayloadBytes: 1.5 * MB,
  /** The same through an address of the endpoint's own, or Private Service Connect. */
  dedicatedPayloadBytes: 10 * MB,
  sharedTimeoutSeconds: 60,
  /** More needs a setting that the Terraform resource does not have. */
  dedicatedTimeoutSeconds: 600,
  /** What a replica's machine and image may take beside the start of the server; all together two hours at most. */
  provisionSeconds: 1800,
  startupSeconds: { min: 60, max: 5400, unit: 'seconds', source: 'Vertex AI' },
  replicas: { min: 1, max: 1000, source: 'Vertex AI' },
  /** The name of an endpoint and the id of a deployed model. */
  endpointId: /^[1-9]\d{0,9}$/,
  /** Paths along which sampled Shapley looks; each asks the model once for every feature. */
  shapleyPaths: { min: 1, max: 50 },
  modelIdLength: 63,
} as const;
