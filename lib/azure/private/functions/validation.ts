import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { refuse } from '../../../terraform/serving-props.js';
import type { FlexConsumptionOptions } from '../../host.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { serverlessValidator } from '../shared/serverless-validation.js';
import { checkDelegated, checkInNetwork } from '../shared/validation.js';
import { FUNCTIONS } from './limits.js';

/** @throws ValidationError naming every prop that Azure Functions cannot do */
export function validateFunctions(
  scope: Construct,
  props: ServerlessModelProps,
  { memoryMib, concurrency, subnet }: FlexConsumptionOptions,
): void {
  const validator = serverlessValidator(scope, props);
  const { format } = props.model.manifest;
  if (format !== 'onnx') {
    refuse(
      validator,
      'model',
      `got the format ${format}, which needs Python, and the image of Functions for Node has none; export the model to ` +
        'ONNX, or use ServerlessHost.containerApps()',
    );
  }
  validator.number('timeoutSeconds', props.timeoutSeconds, FUNCTIONS.timeoutSeconds);
  validator.number('minReplicas', props.minReplicas, FUNCTIONS.alwaysReady);
  validator.number('maxReplicas', props.maxReplicas, FUNCTIONS.instances);
  validator.number('host.concurrency', concurrency, FUNCTIONS.concurrency);
  validator.check(
    memoryMib === undefined || Token.isUnresolved(memoryMib) || FUNCTIONS.memoryMib.includes(memoryMib),
    'host.memoryMib',
    'BAD_MEMORY',
    `got ${memoryMib}; the Flex Consumption plan has instances of ${FUNCTIONS.memoryMib.join(', ')} MiB`,
  );
  checkDelegated(validator, 'host.subnet', subnet);
  checkInNetwork(validator, props, 'host.subnet', subnet);
  if (props.rollout?.kind === 'canary') {
    refuse(
      validator,
      'rollout',
      'got canary, and the Flex Consumption plan has no slots to share the traffic; use ServerlessHost.containerApps()',
    );
  }
  validator.throwIfAny();
}
