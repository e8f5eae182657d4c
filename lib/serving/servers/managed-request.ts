import type { Model } from '../../model/model.js';
import { type ExampleRequest, instancesBody } from '../example-request.js';
import type { ServerSpec } from './spec.js';

/**
 * Creates the body of an example request to a managed endpoint, which has one route for any server. Undefined if the
 * request format of the server is unknown.
 */
export function managedRequest(spec: ServerSpec, model: Model): Pick<ExampleRequest, 'body'> | undefined {
  return spec.speaksInstances ? { body: instancesBody(model.manifest.inputs) } : spec.exampleRequest?.(model);
}
