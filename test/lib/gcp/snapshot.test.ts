import { expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/gcp/index.js';
import { googleStack, minimal, template } from './support.js';

// One of each, with nothing said: whatever a change does to the templates of users shows here in its review.
test.each([ServerlessModel, ContainerModel, ManagedEndpointModel])('the template of a $name', (Construct) => {
  const stack = googleStack();
  new Construct(stack, 'Iris', minimal);
  expect(template(stack)).toMatchSnapshot();
});
