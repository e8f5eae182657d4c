import { Token } from 'cdktf';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ContainerModelProps } from '../../container-props.js';

/** Machine types with Arm processors: https://cloud.google.com/kubernetes-engine/docs/concepts/arm-on-gke */
const ARM = /^(?:c4a|n4a|t2a)-/;

/** Returns the CPU architecture of the nodes. It is unknown in an existing cluster, where it counts as amd64. */
export function nodeArchitecture({ cluster }: ContainerModelProps): ImageArchitecture {
  const type = cluster?.settings.kind === 'standard' ? cluster.settings.options.instanceType : undefined;
  const isArm = type !== undefined && !Token.isUnresolved(type) && ARM.test(type);
  return isArm ? ImageArchitecture.ARM64 : ImageArchitecture.AMD64;
}
