import { START_SECONDS } from '@modelship/runtime/contract';
import { Token } from 'cdktf';
import type { ModelWorkloadProps } from '../model-workload-props.js';
import { DEFAULT_MAX_REPLICAS, scaling } from './scaling.js';

/** Time for a node to be added and an image of 10 GB to be pulled, before a pod starts. */
const NODE_SECONDS = 1200;

/** Seconds without progress after which a rollout has failed. Kubernetes's own default of 600 ends slow starts. */
export function progressDeadlineSeconds({ startupSeconds = START_SECONDS }: ModelWorkloadProps): number {
  return NODE_SECONDS + startupSeconds;
}

/**
 * How long Terraform waits for a rollout, in which pods start one after another. The provider's default of 10 minutes
 * would mark a Deployment that is still starting as tainted. One that stalls is ended by its progress deadline.
 */
export function rolloutTimeouts(props: ModelWorkloadProps): { readonly create: string; readonly update: string } {
  const { startupSeconds = START_SECONDS } = props;
  const { maxReplicas } = scaling(props);
  const pods = Token.isUnresolved(maxReplicas) ? DEFAULT_MAX_REPLICAS : maxReplicas;
  const timeout = `${NODE_SECONDS + startupSeconds * pods}s`;
  return { create: timeout, update: timeout };
}
