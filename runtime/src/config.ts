import { BATCH_WINDOW_MS, CAPTURE_LIMITS, DEFAULT_PORT, ENVIRONMENT, INPUT_GUARDS, OUTPUT_LIMITS } from './contract.js';
import { memoryLimit } from './host-limits.js';
import { DIGEST, SHA256 } from './manifest/patterns.js';
import type { CaptureOptions } from './models/capture.js';
import type { GuardOptions } from './models/guards.js';
import type { ModelEntry } from './models/model-entry.js';
import { parseModels } from './models-config.js';
import type { LogLevel } from './observability/log.js';
import { pemOf, type SignatureTrust, trustedKey, trustedRoots } from './signature/trust.js';

/** Issuer and audience of the JWTs that callers must send. */
export interface JwtConfig {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** Files that a process predicts before it ends, and their predictions. */
export interface BatchConfig {
  /** URL of the bucket or container with the files. It ends with a slash. */
  readonly input: string;
  /** URL of the folder for the predictions. It ends with a slash. */
  readonly output: string;
  readonly rowsPerRequest: number;
  readonly maxConcurrency: number;
  /** Percentage of the rows of a file that may fail. */
  readonly toleratedFailurePercent: number;
}

/** Configuration of the runtime, parsed once from `MODELSHIP_*` variables. */
export interface RuntimeConfig extends GuardOptions {
  /** Folder or URL of one package or of several. */
  readonly model: string;
  /** Models to serve, each with its own location. @default - the packages at `model` */
  readonly models?: readonly ModelEntry[];
  /** File that lists the models to serve; it may change at run time. @default - the packages at `model` */
  readonly modelsFile?: string;
  /** Folder from which models are loaded only on request. @default - models are loaded at startup */
  readonly requestedModels?: string;
  /** Whether callers may load, unload and relabel models. @default false */
  readonly modelControl?: boolean;
  /** Digest that the package must have. @default - any digest is accepted */
  readonly modelDigest?: string;
  /** Whose signature each package must have. @default - signatures are not verified */
  readonly signedBy?: SignatureTrust;
  readonly port: number;
  /** Port of the gRPC server. @default - no gRPC server */
  readonly grpcPort?: number;
  /** Port that serves metrics without authentication. @default - only the HTTP server serves metrics */
  readonly metricsPort?: number;
  /** Port that describes the models as TorchServe's management API does. @default - no such port */
  readonly managementPort?: number;
  /** Whether model status requests under `/v1` get KServe's responses. @default - TensorFlow Serving's responses */
  readonly kserveStatus?: boolean;
  /** Origins allowed for CORS requests; `*` allows all. @default - none */
  readonly corsOrigins?: readonly string[];
  readonly maxBodyBytes: number;
  /**
   * Maximum bytes of request bodies, gRPC messages, tensors and responses held in memory at once, across all connections.
   *
   * @default - an eighth of the memory available to the server
   */
  readonly maxBufferBytes?: number;
  /**
   * Maximum number of open connections per server.
   *
   * @default - 10,000, or fewer if file descriptors or memory are short
   */
  readonly maxConnections?: number;
  /**
   * Processes that share the port.
   *
   * @default - as many as the processors can keep busy and the memory can hold
   */
  readonly processes?: number;
  readonly maxQueue: number;
  readonly timeoutSeconds: number;
  /** Seconds that loading the models may take at startup. @default 300 */
  readonly startSeconds?: number;
  /**
   * Milliseconds that a request may wait for others to fill its batch.
   *
   * @default - none: an idle model starts immediately
   */
  readonly batchWindowMs?: number;
  /** Threads per inference. @default - as many of the available CPUs as make inference faster */
  readonly threads?: number;
  /** Interpreter for models of Python frameworks. @default `python3` */
  readonly python?: string;
  /** Worker processes per model of a Python framework. @default 1 */
  readonly workers?: number;
  /**
   * Memory in MiB above which a worker process is replaced.
   *
   * @default - three quarters of the memory, divided among the model's workers
   */
  readonly workerMemoryMib?: number;
  /** Names of further environment variables that worker processes inherit. @default - none */
  readonly workerEnvironment?: readonly string[];
  /** Whether to load formats that can run code named in the file. @default false */
  readonly trustPickle?: boolean;
  /** Whether to run handlers, which are code of the package. @default false */
  readonly trustCode?: boolean;
  /** Whether Open Inference requests must use the exact names and datatypes of the inputs. @default false */
  readonly strictInputs?: boolean;
  /** Where requests and responses are captured. @default - nothing is captured */
  readonly capture?: CaptureOptions | undefined;
  readonly logLevel: LogLevel;
  /** JWT authentication. @default - no JWT is required */
  readonly jwt?: JwtConfig;
  /** SHA-256 of each API key, in hexadecimal digits. @default - no API key is required */
  readonly apiKeyHashes?: readonly string[];
  /** Requests per second for each caller. @default - no limit */
  readonly requestsPerSecond?: number;
  /** Seconds between scans for added and removed packages. @default - packages are read once, at startup */
  readonly pollSeconds?: number;
  /** Batch that the process runs. @default - the process is a server */
  readonly batch?: BatchConfig;
}

/** Error for an invalid configuration. The message lists every fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Default limit on a request body in bytes, where the memory allows it. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Memory of the server in bytes for each byte of a request body that it accepts by default. */
const MEMORY_PER_BODY_BYTE = 32;

const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Reads the configuration from environment variables. @throws ConfigError with every fault */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): RuntimeConfig {
  const faults: string[] = [];
  const text = (name: string) => environment[name]?.trim() || undefined;
  const fault = (name: string, rule: string) => {
    // Values may be secret, so the messages for secret variables describe only the expected format.
    faults.push(`${name}: ${rule}`);
  };

  function number(name: string, fallback: number, min: number, max: number): number {
    const value = text(name);
    if (value === undefined) return fallback;
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (parsed >= min && parsed <= max) return parsed;
    fault(name, `got ${JSON.stringify(value)}; a whole number from ${min} to ${max} is allowed`);
    return fallback;
  }

  const modelDigest = text(ENVIRONMENT.modelDigest);
  if (modelDigest !== undefined && !DIGEST.test(modelDigest)) {
    fault(
      ENVIRONMENT.modelDigest,
      `got ${JSON.stringify(modelDigest)}; \`sha256:\` and 64 hexadecimal digits are allowed`,
    );
  }
  const signedBy = readSigner(text, fault);
  const logLevel = text(ENVIRONMENT.logLevel) ?? 'info';
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) {
    fault(ENVIRONMENT.logLevel, `got ${JSON.stringify(logLevel)}; ${LOG_LEVELS.join(', ')} are allowed`);
  }
  const inputGuard = INPUT_GUARDS.find((each) => each === text(ENVIRONMENT.inputGuard));
  if (text(ENVIRONMENT.inputGuard) !== inputGuard) {
    fault(
      ENVIRONMENT.inputGuard,
      `got ${JSON.stringify(text(ENVIRONMENT.inputGuard))}; ${INPUT_GUARDS.join(' and ')} are allowed`,
    );
  }
  // host-limits.ts reads the value.
  const processors = text(ENVIRONMENT.processors);
  if (processors !== undefined && !(Number(processors) > 0)) {
    fault(ENVIRONMENT.processors, `got ${JSON.stringify(processors)}; a number above 0 is allowed, such as 0.5`);
  }
  const flag = (name: string): boolean => {
    const value = text(name);
    if (value === undefined || value === 'true' || value === 'false') return value === 'true';
    fault(name, `got ${JSON.stringify(value)}; true and false are allowed`);
    return false;
  };
  const optionalNumber = (name: string, min: number, max: number) =>
    text(name) === undefined ? undefined : number(name, min, min, max);
  const apiKeyHashes = text(ENVIRONMENT.apiKeyHashes)
    ?.split(',')
    .map((each) => each.trim().toLowerCase());
  if (apiKeyHashes?.some((each) => !SHA256.test(each))) {
    fault(ENVIRONMENT.apiKeyHashes, 'must be the SHA-256 of each key in 64 hexadecimal digits, separated by commas');
  }
  const folder = (name: string): string => {
    const url = text(name) ?? '';
    if (!/^(gs|https):\/\/.+\/$/.test(url)) {
      const got = url === '' ? '' : `got ${JSON.stringify(url)}; `;
      fault(name, `${got}a URL of Cloud Storage or Azure Blob Storage that ends with a slash is required for a batch`);
    }
    return url;
  };
  const isBatch = [ENVIRONMENT.batchInput, ENVIRONMENT.batchOutput].some((name) => text(name) !== undefined);
  const models = text(ENVIRONMENT.models);
  if (models !== undefined && modelDigest !== undefined) {
    fault(ENVIRONMENT.modelDigest, `applies to a single package; use \`digests\` in ${ENVIRONMENT.models} instead`);
  }
  const config: RuntimeConfig = {
    model: text(ENVIRONMENT.model) ?? process.cwd(),
    models: models?.startsWith('{') ? parseModels(models, (rule) => fault(ENVIRONMENT.models, rule)) : undefined,
    modelsFile: models?.startsWith('{') ? undefined : models,
    modelControl: flag(ENVIRONMENT.modelControl),
    modelDigest,
    ...(signedBy && { signedBy }),
    port: number(ENVIRONMENT.port, DEFAULT_PORT, 0, 65535),
    grpcPort: optionalNumber(ENVIRONMENT.grpcPort, 0, 65535),
    metricsPort: optionalNumber(ENVIRONMENT.metricsPort, 0, 65535),
    managementPort: optionalNumber(ENVIRONMENT.managementPort, 0, 65535),
    kserveStatus: flag(ENVIRONMENT.kserveStatus),
    corsOrigins: readOrigins(text(ENVIRONMENT.corsOrigins), fault),
    maxBodyBytes: number(ENVIRONMENT.maxBodyBytes, defaultMaxBodyBytes(), 1, 2 ** 31),
    maxBufferBytes: optionalNumber(ENVIRONMENT.maxBufferBytes, 1, 2 ** 40),
    maxConnections: optionalNumber(ENVIRONMENT.maxConnections, 1, 1_000_000),
    processes: optionalNumber(ENVIRONMENT.processes, 1, 256),
    maxQueue: number(ENVIRONMENT.maxQueue, 1024, 1, 1_000_000),
    timeoutSeconds: number(ENVIRONMENT.timeoutSeconds, 60, 1, 24 * 3600),
    startSeconds: optionalNumber(ENVIRONMENT.startSeconds, 1, 24 * 3600),
    batchWindowMs: optionalNumber(ENVIRONMENT.batchWindowMs, BATCH_WINDOW_MS.min, BATCH_WINDOW_MS.max),
    threads: optionalNumber(ENVIRONMENT.threads, 1, 1024),
    python: text(ENVIRONMENT.python),
    workers: optionalNumber(ENVIRONMENT.workers, 1, 256),
    workerMemoryMib: optionalNumber(ENVIRONMENT.workerMemoryMib, 1, 2 ** 24),
    workerEnvironment: text(ENVIRONMENT.workerEnvironment)
      ?.split(',')
      .map((each) => each.trim()),
    trustPickle: flag(ENVIRONMENT.trustPickle),
    trustCode: flag(ENVIRONMENT.trustCode),
    strictInputs: flag(ENVIRONMENT.strictInputs),
    inputGuard,
    driftWindowMinutes: optionalNumber(ENVIRONMENT.driftWindowMinutes, 1, 7 * 24 * 60),
    outputDecimals: optionalNumber(ENVIRONMENT.outputDecimals, 0, OUTPUT_LIMITS.decimals),
    outputTopK: optionalNumber(ENVIRONMENT.outputTopK, 1, OUTPUT_LIMITS.classes),
    capture: readCapture(text, fault),
    logLevel: logLevel as LogLevel,
    apiKeyHashes,
    requestsPerSecond: optionalNumber(ENVIRONMENT.requestsPerSecond, 1, 1_000_000),
    pollSeconds: optionalNumber(ENVIRONMENT.pollSeconds, 1, 24 * 3600),
    batch: isBatch
      ? {
          input: folder(ENVIRONMENT.batchInput),
          output: folder(ENVIRONMENT.batchOutput),
          rowsPerRequest: number(ENVIRONMENT.batchRows, 100, 1, 10_000),
          maxConcurrency: number(ENVIRONMENT.batchConcurrency, 4, 1, 1000),
          toleratedFailurePercent: number(ENVIRONMENT.batchToleratedFailures, 0, 0, 100),
        }
      : undefined,
    jwt: readJwt(text(ENVIRONMENT.jwtIssuer), text(ENVIRONMENT.jwtAudience), fault),
  };
  if (faults.length > 0) {
    throw new ConfigError(
      `the runtime cannot start because of invalid environment variables:\n  - ${faults.join('\n  - ')}`,
    );
  }
  return config;
}

/** Returns the default limit on a request body. Decoding may take four times its size, before it is counted. */
function defaultMaxBodyBytes(): number {
  return Math.min(MAX_BODY_BYTES, Math.floor(memoryLimit() / MEMORY_PER_BODY_BYTE));
}

/** URLs of folders that the runtime writes to. */
const WRITABLE_FOLDER = /^(s3|gs|https):\/\/[^?]+\/(\?.*)?$/;

/** Reads where requests are captured. A name that is left out would be captured, so settings without a URL are a fault. */
function readCapture(text: (name: string) => string | undefined, fault: FaultNote): CaptureOptions | undefined {
  const { captureUrl, capturePercent, captureRedact } = ENVIRONMENT;
  const url = text(captureUrl);
  const percent = Number(text(capturePercent) ?? 100);
  const redact = (text(captureRedact) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const { min, max } = CAPTURE_LIMITS;
  if (!(percent >= min && percent <= max)) {
    fault(capturePercent, `got ${JSON.stringify(text(capturePercent))}; a number from ${min} to ${max} is allowed`);
  }
  if (url === undefined) {
    for (const name of [capturePercent, captureRedact]) {
      if (text(name) !== undefined) fault(name, `has no effect without ${captureUrl}; set it, or remove ${name}`);
    }
    return undefined;
  }
  if (!WRITABLE_FOLDER.test(url)) {
    // The query may be secret.
    const got = JSON.stringify(url.split('?')[0]);
    fault(
      captureUrl,
      `got ${got}; a URL of a folder in s3://, gs:// or Azure Blob Storage that ends with a slash is allowed`,
    );
  }
  return { url, percent, redact };
}

type FaultNote = (name: string, rule: string) => void;

/** Reads whose signatures are trusted. A signer that cannot be read is a fault, never ignored. */
function readSigner(text: (name: string) => string | undefined, fault: FaultNote): SignatureTrust | undefined {
  const { signerKey, signerRoots } = ENVIRONMENT;
  const [key, roots] = [text(signerKey), text(signerRoots)];
  if (key !== undefined && roots !== undefined) fault(signerRoots, `cannot be set together with ${signerKey}`);
  try {
    if (key !== undefined) return trustedKey(pemOf(key, 'PUBLIC KEY'), 'it');
    if (roots !== undefined) return trustedRoots(pemOf(roots, 'CERTIFICATE'), 'it');
  } catch (error) {
    fault(key === undefined ? signerRoots : signerKey, `${(error as Error).message} It is DER in base64`);
  }
  return undefined;
}

function readOrigins(origins: string | undefined, fault: FaultNote): readonly string[] | undefined {
  const list = origins?.split(',').map((each) => each.trim());
  const wrong = list?.find(
    (each) => each !== '*' && !(/^https?:/.test(each) && URL.canParse(each) && new URL(each).origin === each),
  );
  if (wrong !== undefined) {
    fault(
      ENVIRONMENT.corsOrigins,
      `got ${JSON.stringify(wrong)}; \`*\`, or origins such as https://pages.example without a path, are allowed`,
    );
  }
  return list;
}

function readJwt(issuer: string | undefined, audience: string | undefined, fault: FaultNote): JwtConfig | undefined {
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || !URL.canParse(issuer) || new URL(issuer).protocol !== 'https:') {
    fault(ENVIRONMENT.jwtIssuer, `must be an https:// URL when ${ENVIRONMENT.jwtAudience} is set`);
  }
  const audiences = (audience ?? '').split(',').map((each) => each.trim());
  if (audiences.includes('')) {
    fault(
      ENVIRONMENT.jwtAudience,
      `must be one or more audiences, separated by commas, when ${ENVIRONMENT.jwtIssuer} is set`,
    );
  }
  return { issuer: issuer ?? '', audience: audiences };
}
