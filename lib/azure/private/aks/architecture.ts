import { Token } from 'cdktf';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ContainerModelProps } from '../../container-props.js';

/**
 * VM sizes with Arm processors, such as Cobalt, have `p` among the letters after the number of CPUs:
 * https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
 */
const ARM = /^Standard_[A-Z]+\d+(?:-\d+)?[a-z]*p[a-z]*_/;

/** Returns the CPU architecture of the nodes. It is unknown in an existing cluster, where it counts as amd64. */
export function nodeArchitecture({ cluster }: ContainerModelProps): ImageArchitecture {
  const size = cluster?.settings.kind === 'managed' ? cluster.settings.options.instanceType : undefined;
  const isArm = size !== undefined && !Token.isUnresolved(size) && ARM.test(size);
  return isArm ? ImageArchitecture.ARM64 : ImageArchitecture.AMD64;
}
