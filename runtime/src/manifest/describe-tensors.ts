import { shapeText } from '../tensor/tensor.js';
import type { ManifestTensor } from './schema.js';

/** Describes inputs or outputs for people. */
export function describeTensors(specs: readonly ManifestTensor[]): string {
  return specs
    .map(({ name, datatype, labels, ...spec }) => {
      return `${name} ${datatype} ${shapeText(spec)}${labels ? ` labelled ${labels.join(', ')}` : ''}`;
    })
    .join(' and ');
}
