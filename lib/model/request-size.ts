import type { Manifest } from '@modelship/runtime/manifest';

/**
 * Returns the minimum size of any request in bytes: one row in a binary protocol. Variable dimensions count as 1, and
 * strings and booleans as 1 byte.
 */
export function smallestRequestBytes({ inputs }: Pick<Manifest, 'inputs'>): number {
  return inputs.reduce(
    (sum, { datatype, shape }) => sum + elementBytes(datatype) * shape.reduce((size, axis) => size * Math.abs(axis), 1),
    0,
  );
}

/** Returns the size of an element in bytes. Datatype names of the Open Inference Protocol end in the number of bits. */
function elementBytes(datatype: string): number {
  return Number(/\d+$/.exec(datatype)?.[0] ?? 8) / 8;
}
