import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import type { ModelCatalog } from '../models/model-catalog.js';
import { grpcHealth } from '../protocols/grpc-health.js';
import type { GrpcService } from '../protocols/grpc-service.js';
import { openInferenceGrpc } from '../protocols/open-inference/grpc.js';
import { predictionService } from '../protocols/tensorflow-serving/grpc.js';
import { modelService } from '../protocols/tensorflow-serving/model-service.js';
import { torchServeGrpc } from '../protocols/torchserve/grpc.js';
import { invalid } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import { type MessageMemory, messageMemory } from './message-memory.js';

const MODEL_SERVICES: readonly GrpcService[] = [openInferenceGrpc, predictionService, modelService, torchServeGrpc];

const SERVICES: readonly GrpcService[] = [...MODEL_SERVICES, grpcHealth(MODEL_SERVICES.map(({ name }) => name))];

/** Folder with the proto files: next to the bundle on a host, otherwise at the root of the package. */
const PROTO_FOLDER = [join(__dirname, 'proto'), join(__dirname, '..', '..', 'proto')].find(existsSync) ?? '';

/** Method of a gRPC service, from the bytes of a message to the bytes of its response. */
export interface GrpcCall {
  /** Name without the service. */
  readonly name: string;
  /** Definition for a server that passes undecoded messages. */
  readonly definition: MethodDefinition<Buffer, Buffer>;
  /** Estimates the memory of a decoded message. */
  readonly memoryOf: MessageMemory;
  /** Responds to a message. @throws InferenceError */
  respond(message: Buffer, signal: Cancellation): Promise<Buffer>;
}

/** Returns the calls that a gRPC server offers, by their paths. */
export function grpcCalls(models: ModelCatalog): ReadonlyMap<string, GrpcCall> {
  services ??= SERVICES.map(load);
  const calls = services.flatMap(({ service, methods }) => {
    const offered = service.methods(models);
    return methods
      .filter(({ name }) => name in offered)
      .map(({ decode, encode, ...call }): [string, GrpcCall] => [
        call.definition.path,
        {
          ...call,
          respond: async (message, signal) => encode(await offered[call.name]!(decoded(message, decode), signal)),
        },
      ]);
  });
  return new Map(calls);
}

/** Services with the methods of their proto files. Reading those takes some milliseconds. */
let services: readonly LoadedService[] | undefined;

interface LoadedService {
  readonly service: GrpcService;
  readonly methods: readonly (Omit<GrpcCall, 'respond'> & {
    readonly decode: (bytes: Buffer) => object;
    readonly encode: (response: object) => Buffer;
  })[];
}

function load(service: GrpcService): LoadedService {
  const loaded = loadSync(service.protoFile, {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return {
    service,
    methods: Object.entries(loaded[service.name] as ServiceDefinition).map(([name, method]) => ({
      name,
      definition: { ...method, requestDeserialize: same, responseSerialize: same } as never,
      memoryOf: messageMemory(method, loaded),
      decode: method.requestDeserialize,
      encode: method.responseSerialize,
    })),
  };
}

function same<T>(bytes: T): T {
  return bytes;
}

/** Decodes a message. @throws InferenceError `INVALID_ARGUMENT` if it is malformed */
function decoded(message: Buffer, decode: (bytes: Buffer) => object): object {
  try {
    return decode(message);
  } catch (error) {
    throw invalid(`the message cannot be decoded: ${(error as Error).message}`);
  }
}
