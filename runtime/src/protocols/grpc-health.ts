import { InferenceError } from '../tensor/errors.js';
import type { GrpcService } from './grpc-service.js';

/** gRPC health service for the server as a whole and for each of `services`. All become ready together. */
export function grpcHealth(services: readonly string[]): GrpcService {
  return {
    protoFile: 'health.proto',
    name: 'grpc.health.v1.Health',
    methods: (models) => ({
      Check: ({ service }: { readonly service: string }) => {
        if (service !== '' && !services.includes(service)) {
          throw new InferenceError('NOT_FOUND', `service ${service.slice(0, 200)} does not exist`);
        }
        return { status: models.ready ? 'SERVING' : 'NOT_SERVING' };
      },
    }),
  };
}
