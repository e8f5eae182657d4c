import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';
import { ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/aws/index.js';
import { faultsOf } from './faults.js';
import { minimal } from './managed-endpoint-variants.js';

export type Props = Partial<ManagedEndpointModelProps> | ((stack: Stack) => Partial<ManagedEndpointModelProps>);

/** An endpoint in a stack of its own, from the least props and those that are given. */
export function make(props: Props = {}) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const endpoint = new ManagedEndpointModel(stack, 'Iris', {
    ...minimal,
    ...(typeof props === 'function' ? props(stack) : props),
  });
  return { stack, endpoint, template: () => Template.fromStack(stack) };
}

/** Properties of the only resource of a type. */
export function only(template: Template, type: string) {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

/** `prop: CODE` of everything that is wrong. */
export function faults(props: Props): string[] {
  return faultsOf(() => make(props));
}
