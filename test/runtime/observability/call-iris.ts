import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = join(import.meta.dirname, '../../../runtime/proto/open_inference.proto');

/**
 * Calls `ModelInfer` of iris.
 *
 * @returns the failure; undefined if there is none
 */
export async function callIris(
  port: number,
  headers: Readonly<Record<string, string>> = {},
  shape: readonly number[] = [1, 4],
): Promise<ServiceError | undefined> {
  // biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
  const { GRPCInferenceService } = (loadPackageDefinition(loadSync(PROTO, { keepCase: true })) as any).inference;
  const client = new GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  const input = { name: 'features', datatype: 'FP32', shape, contents: { fp32_contents: [5.1, 3.5, 1.4, 0.2] } };
  try {
    return await new Promise((resolve) => {
      client.ModelInfer({ model_name: 'iris', inputs: [input] }, metadata, (error: ServiceError | null) =>
        resolve(error ?? undefined),
      );
    });
  } finally {
    client.close();
  }
}
