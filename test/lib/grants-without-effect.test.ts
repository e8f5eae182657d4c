import { App, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { ManagedEndpointModel as SageMakerModel } from '../../lib/aws/index.js';
import { ManagedEndpointModel as AzureMlModel } from '../../lib/azure/index.js';
import { minimal } from './aws/container-variants.js';
import { azureStack, IMAGE, model } from './azure/support.js';

describe('grantInvoke', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const endpoint = new SageMakerModel(stack, 'Iris', { model: minimal.model, image: minimal.image });

  test.each([new AccountPrincipal('123456789012'), new ServicePrincipal('events.amazonaws.com')])(
    'fails on a principal without an identity policy: %s',
    (principal) => {
      expect(() => endpoint.grantInvoke(principal)).toThrow(
        /^S\/Iris: grantInvoke\(\) has no effect on this principal/,
      );
    },
  );

  test('takes a role', () => {
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    expect(endpoint.grantInvoke(role).success).toBe(true);
  });

  test('fails on anything but an object id on Azure', () => {
    const onAzure = new AzureMlModel(azureStack(), 'Iris', { model: model(), location: 'westeurope', image: IMAGE });
    expect(() => onAzure.grantInvoke('App', 'app@example.com')).toThrow(/got "app@example.com"\. Pass the object id/);
  });
});
