import type { Construct } from 'constructs';
import { Rollout } from '../../../serving/rollout.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { AZURE_PROPS, checkAzureProps } from './validation.js';

const PROPS: Readonly<Record<keyof ServerlessModelProps, true>> = { ...AZURE_PROPS, host: true };

/** Validator with the faults of what both hosts of a `ServerlessModel` refuse. */
export function serverlessValidator(scope: Construct, props: ServerlessModelProps): Validator {
  const validator = validatorFor(scope, 'ServerlessModel');
  validator.knownProps(props, Object.keys(PROPS));
  checkAzureProps(validator, props);
  checkShared(validator, props);
  return validator;
}

function checkShared(validator: Validator, { throttle, rollout = Rollout.allAtOnce() }: ServerlessModelProps): void {
  if (throttle) {
    refuse(
      validator,
      'throttle',
      'neither Functions nor Container Apps limit what a caller may ask; bound the whole with maxReplicas and the ' +
        "host's `concurrency`, put an ApiManagementGateway before it, or use ServerlessModel of modelship/aws",
    );
  }
  if (rollout.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'got linear, and Terraform has no clock to move traffic step by step; use Rollout.canary() on Container Apps and ' +
        'raise its percent from one apply to the next',
    );
  }
}
