import { inferPath } from '@modelship/runtime/contract';
import type { Manifest } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';

type Inputs = Manifest['inputs'];

/** Request that a person can send to try an endpoint. */
export interface ExampleRequest {
  /** Path of the request, below the URL of the server. */
  readonly path: string;
  /** JSON body. Undefined if it would be too long to print. */
  readonly body: string | undefined;
}

/** Number of elements above which a body is too long to print. */
const MAX_ELEMENTS = 64;

/** Creates an example request in the Open Inference Protocol v2. */
export function inferRequest({ name, manifest }: Model): ExampleRequest {
  return { path: inferPath(name), body: inferBody(manifest.inputs) };
}

/** Creates a request body in the Open Inference Protocol v2 with one row of zeros. */
function inferBody(inputs: Inputs): string | undefined {
  return printed(inputs, (shapes) => ({
    inputs: inputs.map(({ name, datatype }, index) => {
      const shape = shapes[index]!;
      return { name, shape, datatype, data: Array.from({ length: product(shape) }, () => zero(datatype)) };
    }),
  }));
}

/**
 * Creates a request body with one row of zeros in the format of TensorFlow Serving, `{"instances": […]}`, which Vertex
 * AI, SageMaker, Azure ML and queues share.
 */
export function instancesBody(inputs: Inputs): string | undefined {
  return printed(inputs, (shapes) => {
    const values = inputs.map(({ datatype }, index) => nested(zero(datatype), shapes[index]!.slice(1)));
    const row = values.length === 1 ? values[0] : Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
    return { instances: [row] };
  });
}

/** Serializes the body made from the shape of each input, in which one row and variable dimensions have length 1. */
function printed(inputs: Inputs, body: (shapes: readonly number[][]) => object): string | undefined {
  const shapes = inputs.map(({ shape }) => shape.map((size) => Math.max(1, size)));
  const elements = shapes.reduce((sum, shape) => sum + product(shape), 0);
  return elements > MAX_ELEMENTS ? undefined : JSON.stringify(body(shapes));
}

function product(shape: readonly number[]): number {
  return shape.reduce((result, size) => result * size, 1);
}

function nested(value: unknown, shape: readonly number[]): unknown {
  return shape.reduceRight((inner: unknown, size) => Array.from({ length: size }, () => inner), value);
}

function zero(datatype: Inputs[number]['datatype']): unknown {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
