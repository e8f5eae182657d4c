import type { Model } from '../model/model.js';
import { IMAGE_REFERENCE, type ImageSource } from './image-source.js';
import type { ModelServer } from './model-server.js';
import type { ModelSource } from './model-servers/source.js';
import type { ServerSpec } from './model-servers/spec.js';
import type { Validator } from './validation.js';

/** The props that are about a server. */
export interface ServerProps {
  readonly server?: ModelServer;
  readonly image?: ImageSource;
  readonly model: Model;
  readonly environment?: { readonly [name: string]: string };
}

/** Whether replicas have a GPU, and how they get one. */
export interface GpuChoice {
  /** The prop that decides. */
  readonly prop: string;
  readonly has: boolean;
  /** As the end of a sentence: `use ContainerCapacity.gpu()`. */
  readonly how: string;
}

/** Notes what is wrong with a server on any cloud: it cannot load the model, has no GPU, no image, or two. */
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
  validator.text(
    'server',
    spec.image,
    IMAGE_REFERENCE,
    `the image of ${spec.name} is written [host/]path[:tag][@sha256:digest], without \`https://\` and spaces`,
  );
  validator.check(
    image === undefined || spec.image === undefined,
    'image',
    'CONFLICT',
    `${spec.name} names its own image; pass it to ModelServer instead`,
  );
}

/** Notes models beside the first that the server cannot load, by the props that name them. */
export function checkOtherModels(
  validator: Validator,
  { name, formats }: ServerSpec,
  others: { readonly [prop: string]: Model },
): void {
  for (const [prop, { manifest }] of Object.entries(others)) {
    validator.check(
      formats?.includes(manifest.format) ?? true,
      prop,
      'UNSUPPORTED_FORMAT',
      `${name} runs every version, and cannot load ${manifest.format}; serve it by a construct of its own`,
    );
  }
}

/** Notes that the server would fetch its model from where nothing lets it in. */
export function checkSource(
  validator: Validator,
  { name, source }: ServerSpec,
  allowed: readonly ModelSource['kind'][],
): void {
  validator.check(
    source === undefined || allowed.includes(source.kind),
    'server',
    'UNSUPPORTED_SOURCE',
    `${name} would fetch the model from ${source?.kind === 'gcs' ? 'Cloud Storage' : 'S3'}, for which it has no identity ` +
      "here; give a repository of Hugging Face's hub, or a folder of the image or of what is mounted",
  );
}

/** Notes variables of the user's that the construct sets for the server. */
export function checkServerVariables(
  validator: Validator,
  spec: ServerSpec,
  { model, environment = {} }: ServerProps,
): void {
  for (const name of Object.keys(spec.environment(model, ''))) {
    validator.check(
      environment[name] === undefined,
      `environment.${name}`,
      'RESERVED_VARIABLE',
      `the construct sets it for ${spec.name}; leave it out`,
    );
  }
}
