import { loadingError } from '../../models/model-catalog.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import type { GrpcService } from '../grpc-service.js';
import { callHandler, isHandler } from '../handler.js';
import { FIELD, isJson } from './content.js';
import { predict, versionNumber } from './predict.js';

interface PredictionsRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly input: Readonly<Record<string, Buffer>>;
}

/** TorchServe's `InferenceAPIsService`, except its streaming methods. */
export const torchServeGrpc: GrpcService = {
  protoFile: 'torchserve.proto',
  name: 'org.pytorch.serve.grpc.inference.InferenceAPIsService',
  methods: (models) => ({
    Ping: () => ({ health: models.ready ? 'Healthy' : 'Unhealthy' }),
    Predictions: async ({ model_name: name, model_version: written, input }: PredictionsRequest, signal) => {
      const version = versionNumber(written || undefined);
      const model = models.find(name, version);
      if (!model) {
        const what =
          version && models.find(name) ? `Model version: ${written} does not exist for model` : 'Model not found';
        throw loadingError(models, name, version) ?? new InferenceError('NOT_FOUND', `${what}: ${name}`);
      }
      if (isHandler(model)) {
        const parts = Object.entries(input).map(([name, bytes]) => ({ name, type: '', bytes }));
        const { body } = await callHandler(model, { headers: {}, parts, signal }, failed);
        return { prediction: Buffer.from(body) };
      }
      const bytes = bytesOf(input);
      const body = await predict(model, { bytes, json: isJson('', bytes) }, signal);
      return { prediction: Buffer.from(body) };
    },
  }),
};

function failed(_status: number, message: string): never {
  throw new InferenceError('INTERNAL', message);
}

/** Returns the only entry, or the entry with the usual name. */
function bytesOf(input: PredictionsRequest['input']): Buffer {
  const entries = Object.entries(input);
  const found = entries.length === 1 ? entries[0] : entries.find(([name]) => name === FIELD);
  if (found) return found[1];
  throw invalid(`the input has ${entries.length} entries: one of them must be ${FIELD}`);
}
