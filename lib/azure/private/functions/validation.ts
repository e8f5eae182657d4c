import { needsPython } from '@modelship/runtime/manifest';
import { DOMAIN_NAME } from '../../../serving/validation/domain-name.js';
import { checkType, NUMBER, options as optionsOf } from '../../../serving/validation/prop-types.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { FlexConsumptionOptions } from '../../host-options.js';
import type { AzureServerlessProps } from '../../props.js';
import { THROTTLE_INSTEAD } from '../shared/serverless-backend.js';
import {
  checkAzureProps,
  checkDelegated,
  checkId,
  checkInNetwork,
  checkVaultSecrets,
  SUBNET,
} from '../shared/validation.js';
import { FUNCTIONS } from './limits.js';

const OPTIONS = optionsOf<FlexConsumptionOptions>('an object such as { memoryMib: 4096 }', {
  memoryMib: NUMBER,
  maxConcurrency: NUMBER,
  subnet: SUBNET,
});

/** Reports every prop that Azure Functions does not support. */
export function checkFunctions(
  validator: Validator,
  props: AzureServerlessProps,
  options: FlexConsumptionOptions,
): void {
  if (!checkType(validator, 'host', options, OPTIONS)) return;
  const { memoryMib, maxConcurrency, subnet } = options;
  checkAzureProps(validator, props, {
    target: 'the Flex Consumption plan',
    access: { kinds: ['cloudIdentity', 'apiKey', 'jwt', 'anonymous'] },
    minReplicas: FUNCTIONS.alwaysReady,
    maxReplicas: FUNCTIONS.instances,
    rollout: { instead: 'Use Rollout.canary() on ServerlessHost.containerApps()' },
    schedule: 'Use ServerlessHost.containerApps(), or set `minReplicas` for the busiest times',
    throttle: THROTTLE_INSTEAD,
    timeoutSeconds: FUNCTIONS.timeoutSeconds,
  });
  checkVaultSecrets(validator, props);
  checkFrontDoor(validator, props);
  const { manifest } = props.model;
  if (needsPython(manifest)) {
    validator.refuse(
      'model',
      `got the format ${manifest.format}, which needs Python, which the Node.js image of Functions lacks; export the model to ` +
        'ONNX, or use ServerlessHost.containerApps()',
    );
  }
  validator.number('host.maxConcurrency', maxConcurrency, FUNCTIONS.concurrency);
  validator.step('host.memoryMib', memoryMib, FUNCTIONS.memoryMib);
  checkDelegated(validator, 'host.subnet', subnet);
  checkInNetwork(validator, props, 'host.subnet', subnet);
}

function checkFrontDoor(validator: Validator, { domainName, webAcl }: AzureServerlessProps): void {
  validator.text('domainName', domainName, DOMAIN_NAME.pattern, DOMAIN_NAME.rule);
  if (webAcl?.settings.kind === 'managed') {
    const { requestsPerFiveMinutes } = webAcl.settings.options;
    validator.number('webAcl.requestsPerFiveMinutes', requestsPerFiveMinutes, FUNCTIONS.webAclRequests);
  }
  if (webAcl?.settings.kind === 'existing') {
    const type = 'Microsoft.Network/frontDoorWebApplicationFirewallPolicies';
    checkId(validator, 'webAcl', webAcl.settings.policyId, type);
  }
}
