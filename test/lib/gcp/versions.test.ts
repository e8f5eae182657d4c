import { Testing } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/gcp/index.js';
import { googleStack, minimal, template } from './support.js';

describe.each([ServerlessModel, ContainerModel, ManagedEndpointModel])('a stack with a $name', (Construct) => {
  test('states the versions of Terraform and of the provider that its template is valid for', () => {
    const stack = googleStack();
    new Construct(stack, 'One', minimal);
    new Construct(stack, 'Two', minimal);
    expect(template(stack).terraform).toMatchObject({
      required_version: '>= 1.5.0',
      required_providers: { google: { source: 'hashicorp/google', version: '>= 6.50.0, < 8.0.0' } },
    });
  });

  test('states what its owner overrides', () => {
    const stack = googleStack();
    stack.addOverride('terraform.required_version', '~> 1.9');
    stack.addOverride('terraform.required_providers.google.version', '6.50.0');
    new Construct(stack, 'One', minimal);
    expect(template(stack).terraform).toMatchObject({
      required_version: '~> 1.9',
      required_providers: { google: { version: '6.50.0' } },
    });
  });
});

test('a stack with pods states the versions of the Kubernetes provider', () => {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', minimal);
  const { kubernetes } = template(stack).terraform.required_providers;
  expect(kubernetes).toEqual({ source: 'hashicorp/kubernetes', version: '>= 2.38.0, < 4.0.0' });
});

test('HCL, in which CDKTF leaves out arguments, is refused with what to use instead', () => {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', minimal);
  expect(() => Testing.synthHcl(stack)).toThrow(/stack: CDKTF's HCL lacks arguments.*Terraform module in JSON/);
});
