/**
 * What the runtime and whoever starts it agree on: port, routes, times and variables. The constructs, the images and
 * the tests take them from here.
 */

/** The port the server listens on when the host names none. */
export const DEFAULT_PORT = 8080;

/** The port on which pods tell their metrics to the cluster. */
export const POD_METRICS_PORT = 9090;

/** The user and the group as which the images run, and the pods: none but root may write their files. */
export const RUN_AS = 65532;

/** 200 while the process can answer at all: for liveness probes. */
export const LIVE_PATH = '/v2/health/live';

/** 200 once every model is loaded and its samples agree, and until a drain begins: for readiness probes. */
export const READY_PATH = '/v2/health/ready';

/** What the runtime counts, in Prometheus's text format. */
export const METRICS_PATH = '/metrics';

/** What it counts of the models under TensorFlow Serving's names, which that server shows there. */
export const TENSORFLOW_SERVING_METRICS_PATH = '/monitoring/prometheus/metrics';

/** The description of every model as OpenAPI 3.1. */
export const OPEN_API_PATH = '/openapi.json';

/** Where the newest version of a model answers by TensorFlow Serving's REST API. */
export function predictPath(modelName: string): string {
  return `/v1/models/${modelName}:predict`;
}

/** Where a model answers by the Open Inference Protocol v2. */
export function inferPath(modelName: string): string {
  return `/v2/models/${modelName}/infer`;
}

/** Where the one model answers by Azure ML's protocol. */
export const SCORE_PATH = '/score';

/** Seconds the server takes at most to finish what is in flight after SIGTERM. Cloud Run kills after 10 s, the shortest. */
export const DRAIN_SECONDS = 8;

/** Seconds that a start may take before a host should give up, unless it is told otherwise: fetch, verify, load, samples. */
export const START_SECONDS = 300;

/**
 * The line of the log about a request, as far as others read it: a function of AWS Lambda writes one for each answer with a
 * status of 500 and above, and names itself in it.
 */
export const REQUEST_LINE = {
  message: 'request',
  status: 'status',
  functionName: 'function_name',
  functionVersion: 'function_version',
} as const;

/** The variables that configure the runtime. Hosts' own variables are read by `platforms/` alone. */
export const ENVIRONMENT = {
  /** Folder or URL of a model package or of several: `s3://`, `gs://`, `https://`. Default: the working directory. */
  model: 'MODELSHIP_MODEL',
  /** JSON that names several models, each with its location, versions and labels, or the path of a file with it. Default: what is at `MODELSHIP_MODEL`. */
  models: 'MODELSHIP_MODELS',
  /** `true` to let callers load, unload and relabel models. Default: they may not. */
  modelControl: 'MODELSHIP_MODEL_CONTROL',
  /** The only digest that may be loaded, as the template has it. Default: whatever the package says. */
  modelDigest: 'MODELSHIP_MODEL_DIGEST',
  /** Port of the HTTP server. Default: 8080. */
  port: 'MODELSHIP_PORT',
  /** Port of the gRPC server. Default: there is none. */
  grpcPort: 'MODELSHIP_GRPC_PORT',
  /** Port on which `/metrics` asks for no credential: for what gathers metrics, and not for callers. Default: there is none. */
  metricsPort: 'MODELSHIP_METRICS_PORT',
  /** `true` to answer questions about models under `/v1` as KServe does. Default: as TensorFlow Serving does. */
  kserveStatus: 'MODELSHIP_KSERVE_STATUS',
  /** Origins whose pages may call from a browser, separated by commas, or `*` for all. Default: none. */
  corsOrigins: 'MODELSHIP_CORS_ORIGINS',
  /** Largest request body in bytes, after decompression. Default: 64 MiB. */
  maxBodyBytes: 'MODELSHIP_MAX_BODY_BYTES',
  /** Bytes of bodies, messages and answers that are held at once. Default: an eighth of the memory, one body at least. */
  maxBufferBytes: 'MODELSHIP_MAX_BUFFER_BYTES',
  /** Open connections of each server. Default: 10,000, and at most three quarters of the file descriptors. */
  maxConnections: 'MODELSHIP_MAX_CONNECTIONS',
  /** Requests that may wait for a model before new ones get 503. Default: 1024. */
  maxQueue: 'MODELSHIP_MAX_QUEUE',
  /** Milliseconds that a request may wait for others to fill its batch. Default: none wait. */
  batchWindowMs: 'MODELSHIP_BATCH_WINDOW_MILLISECONDS',
  /** Seconds after which a request is given up with 504. Default: 60. */
  timeoutSeconds: 'MODELSHIP_TIMEOUT_SECONDS',
  /** Seconds that loading the models may take at the start before the server gives up. Default: 300. */
  startSeconds: 'MODELSHIP_START_SECONDS',
  /** Threads of one inference. Default: as many as make it faster, of the CPUs the process may use. */
  threads: 'MODELSHIP_THREADS',
  /** Interpreter for models of Python frameworks: a path, or a name on PATH. Default: `python3`. */
  python: 'MODELSHIP_PYTHON',
  /** Processes for each model of a Python framework. Default: 1. */
  workers: 'MODELSHIP_WORKERS',
  /**
   * MiB of memory above which such a process is replaced, and with a quarter more killed. Default: three quarters of the
   * container's, shared between the model's processes.
   */
  workerMemoryMib: 'MODELSHIP_WORKER_MEMORY_MIB',
  /** `true` to load formats that run code which the file names. Default: they are refused. */
  /** `true` to refuse Open Inference requests whose names or datatypes are not those of the inputs. Default: the only input takes any name, and narrower numbers widen. */
  strictInputs: 'MODELSHIP_STRICT_INPUTS',
  trustPickle: 'MODELSHIP_TRUST_PICKLE',
  /** Issuer of the JWTs that callers must bring. Default: no JWT is asked for. */
  jwtIssuer: 'MODELSHIP_JWT_ISSUER',
  /** Audiences, separated by commas, of which a JWT must carry one. */
  jwtAudience: 'MODELSHIP_JWT_AUDIENCE',
  /** SHA-256 of each API key that callers may bring as `x-api-key`, in hexadecimal digits, separated by commas. Default: no key is asked for. */
  apiKeyHashes: 'MODELSHIP_API_KEY_HASHES',
  /** Requests a second of each caller, above which there is 429. Default: no limit. */
  requestsPerSecond: 'MODELSHIP_REQUESTS_PER_SECOND',
  /** Seconds between looks for new and removed packages, in folders and stores. Default: the models are those found at start. */
  pollSeconds: 'MODELSHIP_POLL_SECONDS',
  /** Where a function that takes requests from a queue writes its answers: `s3://bucket/prefix/`. */
  results: 'MODELSHIP_RESULTS',
  /** `error`, `warn`, `info` or `debug`. Default: info. */
  logLevel: 'MODELSHIP_LOG_LEVEL',
} as const;
