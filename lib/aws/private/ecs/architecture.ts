import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import { checkImageArchitecture } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerCapacity } from '../../capacity.js';

/**
 * CPU architecture of the tasks. On Fargate, `x86` sets it; by default it is Arm if the server's image is built for it.
 */
export function taskArchitecture({ settings }: ContainerCapacity, server: ServerSpec): ImageArchitecture {
  // All supported instance types with NVIDIA GPUs have Intel or AMD processors.
  if (settings.kind !== 'fargate') return ImageArchitecture.AMD64;
  const { x86 = !server.architectures.includes(ImageArchitecture.ARM64) } = settings.options;
  return x86 ? ImageArchitecture.AMD64 : ImageArchitecture.ARM64;
}

/** Reports a server image that is not built for the CPU architecture of the tasks. */
export function checkArchitecture(validator: Validator, capacity: ContainerCapacity, server: ServerSpec): void {
  const isFargate = capacity.kind === 'fargate';
  checkImageArchitecture(
    validator,
    {
      prop: isFargate ? 'capacity.x86' : 'capacity',
      subject: 'tasks would have',
      architecture: taskArchitecture(capacity, server),
      instead: isFargate ? 'remove `x86` to use the architecture of the image' : 'use ContainerCapacity.fargate()',
    },
    server,
  );
}
