import type { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type { EndpointMode } from '../../mode.js';
import { checkMemory, checkPayload, type SizeLimit } from '../shared/preflight.js';
import { memoryOf } from './instances.js';
import { SAGEMAKER } from './limits.js';
import { servesOtherModels } from './served-model.js';

/** Largest request of each mode, and the alternative for a larger one. */
const PAYLOADS: Readonly<Record<EndpointMode['kind'], SizeLimit & { readonly maxBytes: number }>> = {
  serverless: {
    maxBytes: SAGEMAKER.serverlessPayloadBytes,
    what: 'a request to a SageMaker serverless endpoint',
    alternative: 'use EndpointMode.realTime(), which allows 6 MiB, or .asynchronous(), which allows 1 GiB',
  },
  realTime: {
    maxBytes: SAGEMAKER.realTimePayloadBytes,
    what: 'a request to a SageMaker endpoint',
    alternative:
      'use EndpointMode.asynchronous(), which allows 1 GiB, or ContainerModel with Access.jwt() or .anonymous()',
  },
  inferenceComponents: {
    maxBytes: SAGEMAKER.realTimePayloadBytes,
    what: 'a request to a SageMaker endpoint',
    alternative:
      'use EndpointMode.asynchronous(), which allows 1 GiB, or ContainerModel with Access.jwt() or .anonymous()',
  },
  asynchronous: {
    maxBytes: SAGEMAKER.asynchronousPayloadBytes,
    what: 'a request to a SageMaker asynchronous endpoint',
    alternative: 'use ContainerModel with Access.jwt() or .anonymous()',
  },
};

/** Checks that a row of inputs fits into a request, and the model into memory if the mode sets the memory. */
export function checkSize(
  validator: Validator,
  { model, modelData, server }: ManagedEndpointModelProps,
  { settings }: EndpointMode,
): void {
  const { maxBytes, ...limit } = PAYLOADS[settings.kind];
  if (servesOtherModels(modelData)) return;
  checkPayload(validator, model, maxBytes, limit);
  if (server && server.layout(model).length === 0) return;
  if (settings.kind === 'serverless') {
    checkMemory(validator, model, memoryOf(settings), {
      what: 'a serverless endpoint',
      alternative: 'raise `mode.memoryMib`, up to 6144, or use EndpointMode.realTime()',
    });
  }
  if (settings.kind === 'inferenceComponents') {
    checkMemory(validator, model, memoryOf(settings), {
      what: 'a copy of it',
      alternative: 'raise `mode.memoryMib`',
    });
  }
}
