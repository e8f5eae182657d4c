import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { startServer } from '../../../runtime/src/start-server.js';
import { IRIS } from '../faults/servers.js';

const PROTO = join(import.meta.dirname, '../../../runtime/proto/open_inference.proto');

/** Serves iris by gRPC, calls it once, and ends. @returns the code of the answer */
export async function callIris(headers: Readonly<Record<string, string>>): Promise<number> {
  const config = readConfig({
    [ENVIRONMENT.model]: IRIS,
    [ENVIRONMENT.port]: '0',
    [ENVIRONMENT.grpcPort]: '0',
    [ENVIRONMENT.logLevel]: 'error',
  });
  const server = await startServer(config, '127.0.0.1', {});
  const { name } = server.runtime.catalog.find('iris')!.signatures.serving_default!.inputs[0]!;
  // biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
  const { GRPCInferenceService } = (loadPackageDefinition(loadSync(PROTO, { keepCase: true })) as any).inference;
  const client = new GRPCInferenceService(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  const input = { name, datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: [5.1, 3.5, 1.4, 0.2] } };
  try {
    return await new Promise((resolve) => {
      client.ModelInfer({ model_name: 'iris', inputs: [input] }, metadata, (error: { code: number } | null) =>
        resolve(error?.code ?? 0),
      );
    });
  } finally {
    client.close();
    await server.close();
  }
}
