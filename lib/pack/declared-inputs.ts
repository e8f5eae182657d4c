import { DATATYPES, type Datatype, type TensorSpec } from '@modelship/runtime';

import type { SampleRequest } from './sample-requests.js';

/**
 * Derives the inputs from requests of the Open Inference Protocol, which declare datatypes and shapes. The first
 * dimension is the batch. It is dynamic, and so is every dimension that differs between requests.
 */
export function declaredInputs(requests: readonly SampleRequest[]): TensorSpec[] | undefined {
  const [first, ...others] = requests;
  if (!first) return undefined;
  const specs: TensorSpec[] = [];
  for (const [name, { datatype, shape }] of Object.entries(first.inputs)) {
    if (!shape || !isDatatype(datatype)) return undefined;
    const isOpen = (size: number, axis: number) =>
      axis === 0 || others.some(({ inputs }) => inputs[name]?.shape?.[axis] !== size);
    specs.push({ name, datatype, shape: shape.map((size, axis) => (isOpen(size, axis) ? -1 : size)) });
  }
  return specs;
}

function isDatatype(datatype: string | undefined): datatype is Datatype {
  return DATATYPES.some((each) => each === datatype);
}
