import type { Model } from '../../model/model.js';
import type { ImageArchitecture } from '../image-architecture.js';
import { IMAGE_REFERENCE, type ImageSource } from '../image-source.js';
import type { ModelServer } from '../servers/model-server.js';
import type { ModelSource } from '../servers/source.js';
import type { ServerSpec } from '../servers/spec.js';
import { object } from './prop-types.js';
import type { Validator } from './validator.js';

/** Types of the props that choose a server and its image. */
export const SERVER = object('a ModelServer, such as ModelServer.modelship()', 'spec');
export const IMAGE = object('an ImageSource, such as ImageSource.fromRegistry("host/path:tag")', 'bind');

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

/** A GPU, and what is to use it. */
export interface GpuUse {
  /** The prop that would change it. */
  readonly prop: string;
  readonly isWasted: boolean;
  /** What comes with the GPU. @default - it is not named */
  readonly paidBy?: string;
  /** What else would do, as the end of a sentence: `or leave gpu out`. */
  readonly instead: string;
}

/** What a server would run on. */
export interface Processors {
  /** The prop that decides. */
  readonly prop: string;
  /** As the start of a sentence: `the machines have`. */
  readonly machines: string;
  readonly architecture: ImageArchitecture;
  /** What else would do. @default - nothing but another image */
  readonly instead?: string;
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

/** Notes that a GPU is paid for which the runtime that is built by default leaves alone. */
export function checkGpuUse(validator: Validator, { prop, isWasted, paidBy, instead }: GpuUse): void {
  validator.check(
    !isWasted,
    prop,
    'NO_GPU_RUNTIME',
    `the runtime that is built by default uses no GPU${paidBy ? `, which ${paidBy} is paid for` : ''}; give an image with ` +
      `one that does, ${instead}`,
  );
}

/** Notes that the server's image is not built for the processors that it would have. */
export function checkImageArchitecture(
  validator: Validator,
  { prop, machines, architecture, instead }: Processors,
  { name, architectures }: ServerSpec,
): void {
  const built = architectures.map((each) => each.name).join(' and ');
  validator.check(
    architectures.includes(architecture),
    prop,
    'WRONG_ARCHITECTURE',
    `${machines} ${architecture.name} processors, and the image of ${name} is built for ${built}; ` +
      `${instead ? `${instead}, or, ` : ''}if the image is built for ${architecture.name} too, say so by ` +
      '`architectures` of the ModelServer',
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
