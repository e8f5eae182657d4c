import { START_SECONDS } from '@modelship/runtime/contract';
import { Token } from 'cdktf';
import type { ModelWorkloadProps } from '../model-workload-props.js';
import { DEFAULT_MAX_REPLICAS, scaling } from './scaling.js';

/** Time to provision a node and to pull an image of 10 GB before a pod starts. */
const NODE_SECONDS = 1200;

/** Returns the progress deadline in seconds. Kubernetes's default of 600 would fail rollouts with slow starts. */
export function progressDeadlineSeconds({ startupSeconds = START_SECONDS }: ModelWorkloadProps): number {
  return NODE_SECONDS + startupSeconds;
}

/**
 * Returns the time that Terraform waits for a rollout, during which pods start one after another. After the provider's
 * default of 10 minutes, Terraform would mark a Deployment that is still starting as tainted. The progress deadline
 * fails a stalled rollout earlier.
 */
export function rolloutTimeouts(props: ModelWorkloadProps): { readonly create: string; readonly update: string } {
  const { startupSeconds = START_SECONDS } = props;
  const { maxReplicas } = scaling(props);
  const pods = Token.isUnresolved(maxReplicas) ? DEFAULT_MAX_REPLICAS : maxReplicas;
  const timeout = `${NODE_SECONDS + startupSeconds * pods}s`;
  return { create: timeout, update: timeout };
}
