import type { Validator } from '../../../serving/validation/validator.js';
import type { FlexConsumptionOptions } from '../../host.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { THROTTLE_INSTEAD } from '../shared/serverless-validation.js';
import { checkAzureProps, checkDelegated, checkInNetwork } from '../shared/validation.js';
import { FUNCTIONS } from './limits.js';

/** Reports every prop that Azure Functions does not support. */
export function checkFunctions(
  validator: Validator,
  props: ServerlessModelProps,
  { memoryMib, maxConcurrency, subnet }: FlexConsumptionOptions,
): void {
  checkAzureProps(validator, props, {
    target: 'the Flex Consumption plan',
    access: { kinds: ['cloudIdentity', 'apiKey', 'jwt', 'anonymous'] },
    minReplicas: FUNCTIONS.alwaysReady,
    maxReplicas: FUNCTIONS.instances,
    rollout: { instead: 'Use Rollout.canary() on ServerlessHost.containerApps()' },
    throttle: THROTTLE_INSTEAD,
    timeoutSeconds: FUNCTIONS.timeoutSeconds,
  });
  const { format } = props.model.manifest;
  if (format !== 'onnx') {
    validator.refuse(
      'model',
      `got the format ${format}, which needs Python, and the image of Functions for Node has none; export the model to ` +
        'ONNX, or use ServerlessHost.containerApps()',
    );
  }
  validator.number('host.maxConcurrency', maxConcurrency, FUNCTIONS.concurrency);
  validator.step('host.memoryMib', memoryMib, FUNCTIONS.memoryMib);
  checkDelegated(validator, 'host.subnet', subnet);
  checkInNetwork(validator, props, 'host.subnet', subnet);
}
