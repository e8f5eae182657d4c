import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = join(import.meta.dirname, '../../runtime/proto');

// biome-ignore lint/suspicious/noExplicitAny: messages are as the proto files have them
export type Message = any;

/** File of each service, by the first part of its package. */
const PROTO_FILES: Readonly<Record<string, string>> = {
  inference: 'open_inference.proto',
  tensorflow: 'tensorflow_serving.proto',
  org: 'torchserve.proto',
  grpc: 'health.proto',
};

export type ServiceClient = Client & Record<string, (...values: Message[]) => Message>;

/** Opens a client of a service, such as `inference.GRPCInferenceService`. 64-bit integers are strings. */
export function serviceClient(service: string, port: number): ServiceClient {
  const file = PROTO_FILES[service.split('.')[0]!]!;
  const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [PROTO] };
  const definition: Message = loadPackageDefinition(loadSync(file, options));
  const Service: ServiceClientConstructor = service.split('.').reduce((found, name) => found[name], definition);
  return new Service(`127.0.0.1:${port}`, credentials.createInsecure()) as never;
}

/** Calls a method once. Rejects with the status of a failure. */
export function callOnce(client: ServiceClient, method: string, request: Message = {}): Promise<Message> {
  return new Promise((resolve, reject) =>
    client[method]!(request, (error: Error | null, answer: Message) => (error ? reject(error) : resolve(answer))),
  );
}
