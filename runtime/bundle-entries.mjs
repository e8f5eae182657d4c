import { createRequire } from 'node:module';

/** Source of each file of the bundle, by the name of the file. */
export const entries = {
  server: 'src/main.ts',
  'lambda-handler': 'src/platforms/lambda.ts',
  'lambda-bootstrap': 'src/platforms/lambda-bootstrap.ts',
  authorizer: 'src/platforms/lambda-authorizer.ts',
  // The thread that decodes large requests.
  'codec-thread': 'src/server/codec-thread.ts',
  // The thread that decodes and prepares pictures.
  'picture-thread': 'src/tasks/images/picture-thread.ts',
  // The thread of a recommendation model.
  'recommend-thread': 'src/engines/recommend/recommend-thread.ts',
  // Modules that the entry points and the threads share.
  protocols: 'src/protocols/index.ts',
  'http-server': 'src/server/http-server.ts',
  // Creates hundreds of validators of zod when it is loaded.
  'manifest-schema': 'src/manifest/schema.ts',
  // Modules that the entry points load on demand.
  's3-source': 'src/store/s3-source.ts',
  signature: 'src/signature/verify.ts',
  grpc: 'src/server/grpc.ts',
  'grpc-calls': 'src/server/grpc-calls.ts',
  'grpc-js': createRequire(import.meta.url).resolve('@grpc/grpc-js'),
  'open-telemetry': 'src/observability/open-telemetry.ts',
  'otlp-grpc': 'src/observability/otlp-grpc.ts',
  // Error classes shared by two files of one process. A class that is bundled twice is two classes, and `instanceof`
  // fails.
  errors: 'src/tensor/errors.ts',
  'store-errors': 'src/store/retry.ts',
  'package-error': 'src/manifest/package-error.ts',
  // The missing string, which is told from an empty one by its identity.
  missing: 'src/tensor/missing.ts',
};
