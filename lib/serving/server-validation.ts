import type { Model } from '../model/model.js';
import type { ImageSource } from './image-source.js';
import type { ModelServer } from './model-server.js';
import type { Validator } from './validation.js';

/** The props that are about a server. */
export interface ServerProps {
  readonly server?: ModelServer;
  readonly image?: ImageSource;
  readonly model: Model;
}

/** Whether replicas have a GPU, and how they get one. */
export interface GpuChoice {
  /** The prop that decides. */
  readonly prop: string;
  readonly has: boolean;
  /** As the end of a sentence: `use ContainerCapacity.gpu()`. */
  readonly how: string;
}

/** Notes what is wrong with a server on any cloud: it cannot load the model, has no GPU, or has two images. */
export function checkServer(validator: Validator, { server, image, model }: ServerProps, gpu: GpuChoice): void {
  const spec = server?.spec;
  if (!spec) return;
  validator.check(
    spec.formats?.includes(model.manifest.format) ?? true,
    'server',
    'UNSUPPORTED_FORMAT',
    `${spec.name} cannot load ${model.manifest.format}; it loads ${spec.formats?.join(', ')}. ModelServer.modelship() loads every format`,
  );
  validator.check(!spec.needsGpu || gpu.has, gpu.prop, 'NO_GPU', `${spec.name} needs a GPU; ${gpu.how}`);
  validator.check(
    image === undefined || spec.image === undefined,
    'image',
    'CONFLICT',
    `${spec.name} names its own image; pass it to ModelServer instead`,
  );
}
