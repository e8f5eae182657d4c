/**
 * Ports, routes, limits and environment variables shared by the runtime and the code that deploys it. The constructs,
 * the images and the tests import them from here.
 */
export { RUNTIME_VERSION } from './version.js';

/** Default port of the HTTP server, used when the host sets none. */
export const DEFAULT_PORT = 8080;

/** Port that serves the metrics of a pod inside the cluster. */
export const POD_METRICS_PORT = 9090;

/** User ID and group ID of the processes in images and pods. Only root can write the files of the image. */
export const RUN_AS = 65532;

/** Path for liveness probes. It returns 200 while the process can respond at all. */
export const LIVE_PATH = '/v2/health/live';

/**
 * Path for readiness probes. It returns 200 once every model is loaded and has passed its samples, until draining
 * begins.
 */
export const READY_PATH = '/v2/health/ready';

/** Path of the runtime's metrics, in Prometheus's text format. */
export const METRICS_PATH = '/metrics';

/** Path of the model metrics under TensorFlow Serving's metric names. TensorFlow Serving uses the same path. */
export const TENSORFLOW_SERVING_METRICS_PATH = '/monitoring/prometheus/metrics';

/** Path of the OpenAPI 3.1 description of every model. */
export const OPEN_API_PATH = '/openapi.json';

/** Returns the path of a model's newest version in TensorFlow Serving's REST API. */
export function predictPath(modelName: string): string {
  return `/v1/models/${modelName}:predict`;
}

/** Returns the path of a model in the Open Inference Protocol v2. */
export function inferPath(modelName: string): string {
  return `/v2/models/${modelName}/infer`;
}

/** Path of the only model in Azure ML's protocol. */
export const SCORE_PATH = '/score';

/** Maximum seconds to finish requests in flight after SIGTERM. Cloud Run has the shortest grace period, 10 s. */
export const DRAIN_SECONDS = 8;

/** Default limit in seconds for startup, which fetches, verifies and loads the models and runs their samples. */
export const START_SECONDS = 300;

/** Shortest and longest time in milliseconds that a batch may wait for further requests. */
export const BATCH_WINDOW_MS = { min: 1, max: 1000 } as const;

/**
 * Log line for a request, limited to the fields that other components read. A Lambda function writes one for each
 * response with status 500 or above, including its own name and version.
 */
export const REQUEST_LINE = {
  message: 'request',
  status: 'status',
  functionName: 'function_name',
  functionVersion: 'function_version',
} as const;

/**
 * Log line of a process about its requests in the window of drift. Metric filters and queries of the constructs read these fields.
 */
export const DRIFT_LINE = {
  message: 'drift',
  /** Largest population stability index of a column, or the mean shift of vectors. */
  drift: 'drift',
  /** How much lower the estimated accuracy is than that of the reference data, 0 to 1. */
  accuracyDrop: 'accuracy_drop',
} as const;

/** What can happen to requests with values that the reference data does not have. */
export const INPUT_GUARDS = ['warn', 'refuse'] as const;

/** What happens to a request with values that the reference data does not have. */
export type InputGuardAction = (typeof INPUT_GUARDS)[number];

/** Lowest and highest percentage of requests that are captured. */
export const CAPTURE_LIMITS = { min: 0.01, max: 100 } as const;

/** Largest number of decimal places, which is that of a double, and of classes that outputs are limited to. */
export const OUTPUT_LIMITS = { decimals: 15, classes: 1_000_000 } as const;

/** Environment variables that configure the runtime. Only `platforms/` reads variables that hosts define. */
export const ENVIRONMENT = {
  /** Folder or URL of one model package or of several: `s3://`, `gs://`, `https://`. Default: the working directory. */
  model: 'MODELSHIP_MODEL',
  /**
   * JSON that lists several models, each with its location, versions and labels, or the path of a file with that JSON.
   * Default: the packages at `MODELSHIP_MODEL`.
   */
  models: 'MODELSHIP_MODELS',
  /** `true` lets callers load, unload and relabel models. Default: `false`. */
  modelControl: 'MODELSHIP_MODEL_CONTROL',
  /** Digest that the package must have, as deployed by the template. Default: any digest is accepted. */
  modelDigest: 'MODELSHIP_MODEL_DIGEST',
  /**
   * Public key whose signature each package must have: DER (SubjectPublicKeyInfo) in base64. Default: signatures are not
   * verified.
   */
  signerKey: 'MODELSHIP_SIGNER_KEY',
  /** The same for certificates: roots in DER, in base64, separated by commas. */
  signerRoots: 'MODELSHIP_SIGNER_ROOTS',
  /** Port of the HTTP server. Default: 8080. */
  port: 'MODELSHIP_PORT',
  /** Port of the gRPC server. Default: no gRPC server. */
  grpcPort: 'MODELSHIP_GRPC_PORT',
  /** Port that serves `/metrics` without authentication, for metrics collectors only. Default: no such port. */
  metricsPort: 'MODELSHIP_METRICS_PORT',
  /** Port that lists and describes the models as TorchServe's management API does, without authentication. Default: no such port. */
  managementPort: 'MODELSHIP_MANAGEMENT_PORT',
  /**
   * `true` returns KServe's responses to model status requests under `/v1`. Default: TensorFlow Serving's responses.
   */
  kserveStatus: 'MODELSHIP_KSERVE_STATUS',
  /** Origins allowed for CORS requests, separated by commas, or `*` for all. Default: none. */
  corsOrigins: 'MODELSHIP_CORS_ORIGINS',
  /** Maximum size of a request body in bytes, after decompression. Default: 64 MiB, or 1/32 of the memory if that is less. */
  maxBodyBytes: 'MODELSHIP_MAX_BODY_BYTES',
  /**
   * Maximum bytes of bodies, messages, tensors and responses held in memory at once. Default: an eighth of the memory.
   */
  maxBufferBytes: 'MODELSHIP_MAX_BUFFER_BYTES',
  /**
   * Maximum number of open connections per server. Default: 10,000, or fewer if file descriptors or memory are short.
   */
  maxConnections: 'MODELSHIP_MAX_CONNECTIONS',
  /**
   * Server processes that share the port. Default: one for each processor that the container may use, fewer if a run of
   * the model uses several processors or the memory is short.
   */
  processes: 'MODELSHIP_PROCESSES',
  /**
   * Processors that the container may use, such as 0.5, where the host does not limit its cgroup. Default: as many as the
   * CPU affinity and the cgroup allow.
   */
  processors: 'MODELSHIP_PROCESSORS',
  /** Maximum number of requests that wait for a model in a process. Further requests get 503. Default: 1024. */
  maxQueue: 'MODELSHIP_MAX_QUEUE',
  /** Milliseconds that a request may wait for others to fill its batch. Default: requests do not wait. */
  batchWindowMs: 'MODELSHIP_BATCH_WINDOW_MILLISECONDS',
  /** Request timeout in seconds. A request that times out gets 504. Default: 60. */
  timeoutSeconds: 'MODELSHIP_TIMEOUT_SECONDS',
  /** Maximum seconds to load the models at startup before the server exits. Default: 300. */
  startSeconds: 'MODELSHIP_START_SECONDS',
  /** Threads per inference. Default: as many of the available CPUs as make inference faster. */
  threads: 'MODELSHIP_THREADS',
  /** Interpreter for models of Python frameworks: a path, or a name on PATH. Default: `python3`. */
  python: 'MODELSHIP_PYTHON',
  /** Worker processes per model of a Python framework. Default: 1. */
  workers: 'MODELSHIP_WORKERS',
  /**
   * Memory in MiB above which a worker process is replaced. A worker a quarter above this limit is killed. Default:
   * three quarters of the container's memory, divided among the model's workers.
   */
  workerMemoryMib: 'MODELSHIP_WORKER_MEMORY_MIB',
  /**
   * Names of environment variables that worker processes inherit, separated by commas, in addition to those of Python,
   * the locale and numeric libraries. Default: none.
   */
  workerEnvironment: 'MODELSHIP_WORKER_ENVIRONMENT',
  /**
   * `true` rejects Open Inference requests whose names or datatypes differ from the inputs. Default: a single input
   * accepts any name, and narrower numbers are widened.
   */
  strictInputs: 'MODELSHIP_STRICT_INPUTS',
  /**
   * What happens to requests with values outside the reference data of the package: `warn` counts and logs them, `refuse`
   * rejects them. Default: inputs are not checked.
   */
  inputGuard: 'MODELSHIP_INPUT_GUARD',
  /**
   * Minutes of requests that are compared with the distributions in the reference data of a package, from 1 to 10,080.
   * Default: 60.
   */
  driftWindowMinutes: 'MODELSHIP_DRIFT_WINDOW_MINUTES',
  /** Decimal places that floating-point outputs are rounded to. Default: outputs are not rounded. */
  outputDecimals: 'MODELSHIP_OUTPUT_DECIMALS',
  /** Number of classes whose scores callers see, for outputs with class labels. Default: all classes. */
  outputTopK: 'MODELSHIP_OUTPUT_TOP_K',
  /**
   * URL of the folder that requests and responses are captured in, with a slash at the end: `s3://bucket/folder/`, `gs://bucket/folder/`
   * or `https://account.blob.core.windows.net/container/folder/`. Default: nothing is captured.
   */
  captureUrl: 'MODELSHIP_CAPTURE_URL',
  /** Percentage of requests that are captured, from 0.01 to 100. Default: 100. */
  capturePercent: 'MODELSHIP_CAPTURE_PERCENT',
  /** Names of inputs, outputs and columns whose values are never captured, separated by commas. Default: none. */
  captureRedact: 'MODELSHIP_CAPTURE_REDACT',
  /** `true` loads formats that can run code named in the file. Default: such formats are rejected. */
  trustPickle: 'MODELSHIP_TRUST_PICKLE',
  /** `true` runs handlers, which are code of the package. Default: packages with a handler are rejected. */
  trustCode: 'MODELSHIP_TRUST_CODE',
  /** Issuer of the JWTs that callers must send. Default: no JWT is required. */
  jwtIssuer: 'MODELSHIP_JWT_ISSUER',
  /** Accepted audiences, separated by commas. A JWT must carry at least one of them. */
  jwtAudience: 'MODELSHIP_JWT_AUDIENCE',
  /**
   * SHA-256 of each API key that callers may send as `x-api-key`, in hexadecimal digits, separated by commas. Default:
   * no API key is required.
   */
  apiKeyHashes: 'MODELSHIP_API_KEY_HASHES',
  /** Requests per second for each caller. Further requests get 429. Default: no limit. */
  requestsPerSecond: 'MODELSHIP_REQUESTS_PER_SECOND',
  /**
   * Seconds between scans of folders and stores for added and removed packages. Default: packages are read once, at
   * startup.
   */
  pollSeconds: 'MODELSHIP_POLL_SECONDS',
  /**
   * URL of the bucket or container with the files of a batch: `gs://bucket/`. The process then predicts the files that
   * its argument names, and ends. Default: the process is a server.
   */
  batchInput: 'MODELSHIP_BATCH_INPUT',
  /** URL of the folder for the predictions of a batch: `gs://bucket/predictions/`. Required with an input. */
  batchOutput: 'MODELSHIP_BATCH_OUTPUT',
  /** Maximum number of rows of a batch in each request to the model. Default: 100. */
  batchRows: 'MODELSHIP_BATCH_ROWS_PER_REQUEST',
  /** Maximum number of concurrent requests of a batch. Default: 4. */
  batchConcurrency: 'MODELSHIP_BATCH_CONCURRENCY',
  /** Percentage of the rows of a file that may fail before the batch gives up the file. Default: 0. */
  batchToleratedFailures: 'MODELSHIP_BATCH_TOLERATED_FAILURE_PERCENT',
  /** Destination for the responses of a function that processes a queue: `s3://bucket/prefix/`. */
  results: 'MODELSHIP_RESULTS',
  /**
   * JSON object of ARNs in AWS Secrets Manager or Parameter Store by the names of variables. The server reads the values
   * once, at startup. Default: none.
   */
  secrets: 'MODELSHIP_SECRETS',
  /** Log level: `error`, `warn`, `info` or `debug`. Default: `info`. */
  logLevel: 'MODELSHIP_LOG_LEVEL',
} as const;
