// Entry point of the thread that decodes large requests and encodes their responses.
import { parentPort, workerData } from 'node:worker_threads';
import { Channel, type Failure, failureOf } from '../channel.js';
import type { TextTokens } from '../engines/engine.js';
import { collectGarbage, DiscardedBuffers } from '../garbage-collector.js';
import { isTextTask } from '../manifest/index.js';
import { withinTimeout } from '../models/deadline.js';
import type { ModelCatalog, ModelControl } from '../models/model-catalog.js';
import type { ExplanationData, ModelVersion, ServedModel } from '../models/served-model.js';
import { Logger } from '../observability/log.js';
import { processFigures, RuntimeMetrics } from '../observability/metrics.js';
import { ModelMetrics } from '../observability/model-metrics.js';
import { protocols } from '../protocols/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { receivedTensor, sentTensor } from '../tensor/transfer.js';
import { App } from './app.js';
import type { CatalogData, CodecOptions, HandledData, ResponseData, ServerCalls, ThreadCalls } from './codec-calls.js';

const { protocols: protocolOptions, maxBodyBytes, timeoutSeconds, corsOrigins } = workerData as CodecOptions;
const port = parentPort!;

/** Size in bytes from which the memory of a response or an input tensor is moved to the server. */
const LARGE_BYTES = 1024 * 1024;

/** Bodies and messages, whose tensors take several times as much memory. */
const discarded = new DiscardedBuffers(collectGarbage);

/** Metrics of the models that a request used, by name and version. */
type Used = Map<string, HandledData<unknown>['metrics'][number]>;

const own: ThreadCalls = {
  handle: (id, data, { body, ...request }) =>
    counting(id, data, body.byteLength, async (catalog): Promise<ResponseData> => {
      const metrics = new RuntimeMetrics();
      const app = new App({
        catalog,
        protocols: protocols(protocolOptions),
        metrics,
        logger: new Logger('error'),
        maxBodyBytes,
        corsOrigins,
        measure: async () => ({ metrics, figures: processFigures(0) }),
      });
      const { status, headers, body: text } = await app.handle({ ...request, body: bufferOf(body) });
      return { status, headers, body: text };
    }),
  call: (id, data, path, message, mostBytes) =>
    counting(id, data, message.byteLength, async (catalog) => {
      // Most servers get no gRPC. In a thread of the sources, `import()` does not find TypeScript.
      const { grpcCalls } = require('./grpc-calls.js') as typeof import('./grpc-calls.js');
      const { memoryOf, respond } = grpcCalls(catalog).get(path)!;
      try {
        const bytes = memoryOf(message, mostBytes) - message.length;
        if (bytes > 0) await channel.call('take', id, bytes);
        return await respond(bufferOf(message), { aborted: false });
      } catch (error) {
        return failureOf(error as Error);
      }
    }),
};

/** Responds to a request of a size in bytes, and counts what it used. */
async function counting<T>(
  id: number,
  data: CatalogData,
  bytes: number,
  respond: (catalog: ModelCatalog) => Promise<T>,
): Promise<HandledData<T>> {
  const used: Used = new Map();
  try {
    const response = await respond(catalogOf(id, data, used));
    return { response, metrics: [...used.values()] };
  } finally {
    discarded.add(bytes);
  }
}

const channel: Channel<ServerCalls> = new Channel<ServerCalls>(
  'the server',
  (message, moved) => port.postMessage(message, moved),
  {
    ...own,
  },
  memoryOfResponse,
);
port.on('message', (message) => channel.receive(message));

/** Returns the memory of large tensors of numbers, whole even where they use a part of it. */
function memoryOfNumbers(tensors: readonly Tensor[]): ArrayBuffer[] {
  const large = tensors.flatMap(({ data }) => (ArrayBuffer.isView(data) && data.byteLength >= LARGE_BYTES ? data : []));
  return [...new Set(large.map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Returns the memory of a response. Small ones may share theirs with other data. */
function memoryOfResponse(result: unknown): ArrayBuffer[] {
  const { response } = result as HandledData<ResponseData | Uint8Array | Failure>;
  const body = 'body' in response ? response.body : response;
  if (!ArrayBuffer.isView(body)) return [];
  return body.byteLength < LARGE_BYTES ? [] : [body.buffer as ArrayBuffer];
}

/** Returns the models of the server, whose runs and changes take place in the server's own thread. */
function catalogOf(id: number, { ready, models, unloaded }: CatalogData, used: Used): ModelCatalog {
  const served = new Map(
    models.map(([model, , versions]) => [
      model,
      versions.map((data): ServedModel => {
        const {
          name,
          version,
          manifest: { task },
        } = data;
        const metrics = new ModelMetrics();
        return {
          ...data,
          get metrics() {
            used.set(`${name}/${version}`, [name, version, metrics]);
            return metrics;
          },
          ...(task && isTextTask(task) && { tokens: tokensOf(name, version) }),
          explanationData: () => explanationDataOf(id, name, version),
          infer: async ({ inputs, outputs, signatureName, text, isMadeUp }) => {
            const request = { inputs: inputs.map(sentTensor), outputs, signatureName, text, isMadeUp };
            // No protocol reads the inputs again.
            const moved = memoryOfNumbers(inputs);
            const response = await channel.callMoving(moved, 'infer', id, name, version, request);
            return { ...response, outputs: response.outputs.map(receivedTensor) };
          },
          hold: (calls) => withinTimeout(timeoutSeconds, calls),
        };
      }),
    ]),
  );
  const labels = new Map(models.map(([name, own]) => [name, own]));
  return {
    ready,
    names: () => [...served.keys()],
    versions: (name) => served.get(name) ?? [],
    find: (name, version) =>
      served
        .get(name)
        ?.find((each) => each.state === 'AVAILABLE' && (version === undefined || each.version === version)),
    labels: (name) => labels.get(name) ?? {},
    control: unloaded && controlOf(unloaded),
  };
}

/** Returns the tokenizer of a model, which runs in the server's own thread. */
function tokensOf(name: string, version: string): TextTokens {
  return {
    encode: (texts, options) => channel.call('encode', name, version, texts, options),
    tokenize: (texts, specialTokens) => channel.call('tokenize', name, version, texts, specialTokens),
    decode: (ids, skipSpecialTokens) => channel.call('decode', name, version, ids, skipSpecialTokens),
  };
}

/** Returns what explanations of a model need. The server's own thread computes exact effects, because it has the trees. */
async function explanationDataOf(id: number, name: string, version: string): Promise<ExplanationData> {
  const { explainer, background } = await channel.call('explanationData', name, version);
  return {
    ...(explainer && {
      explainer: { ...explainer, explain: (problem) => channel.call('explain', id, name, version, problem) },
    }),
    background,
  };
}

function controlOf(unloaded: readonly ModelVersion[]): ModelControl {
  return {
    load: (name, location) => channel.call('load', name, location),
    unload: (name) => channel.call('unload', name),
    configure: (entries) => channel.call('configure', entries),
    unloaded: () => unloaded,
  };
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
