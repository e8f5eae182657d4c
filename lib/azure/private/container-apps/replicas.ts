import type { Replicas } from '../../../serving/replicas.js';
import type { AzureServerlessProps } from '../../props.js';

const DEFAULT_MAX_REPLICAS = 10;

/** Returns the limits of an app outside its schedule, including defaults. */
export function containerAppReplicas({
  minReplicas = 0,
  maxReplicas = DEFAULT_MAX_REPLICAS,
}: AzureServerlessProps): Replicas {
  return { min: minReplicas, max: maxReplicas };
}
