import { guardVariables } from '../../model/guards.js';
import type { Model } from '../../model/model.js';
import { type AlarmOptions, driftAlarms } from '../alarms.js';
import type { ImageArchitecture } from '../image-architecture.js';
import { IMAGE_REFERENCE, type ImageSource } from '../image-source.js';
import type { ModelServer } from '../servers/model-server.js';
import type { ModelSource } from '../servers/source.js';
import type { ServerSpec } from '../servers/spec.js';
import { object, type PropType } from './prop-types.js';
import type { Validator } from './validator.js';

/** Types of the props that choose a server and its image. */
export const SERVER = object('a ModelServer, such as ModelServer.modelship()', 'spec');
export const IMAGE: PropType = {
  expected: 'an ImageSource, such as ImageSource.fromRegistry("host/path:tag")',
  matches: (value) => typeof value === 'object' && value !== null && ('bind' in value || 'isForModel' in value),
};

/** Props that concern the server. */
export interface ServerProps {
  readonly alarms?: AlarmOptions;
  readonly server?: ModelServer;
  readonly image?: ImageSource;
  readonly model: Model;
  readonly environment?: { readonly [name: string]: string };
}

/** GPU setting of the replicas. */
export interface GpuChoice {
  /** Prop that determines the GPU. */
  readonly prop: string;
  /** Whether replicas have a GPU. */
  readonly has: boolean;
  /** Instruction to add a GPU, as the end of a sentence: `use ContainerCapacity.gpu()`. */
  readonly how: string;
}

/** Use of a GPU by the server. */
export interface GpuUse {
  /** Prop to change. */
  readonly prop: string;
  /** Whether the GPU would sit idle. */
  readonly isWasted: boolean;
  /** Name of the resource that includes the GPU. @default - the message does not name it */
  readonly paidBy?: string;
  /** Alternative fix, as the end of a sentence: `or remove gpu`. */
  readonly instead: string;
}

/** CPU architecture of the machines that the server would run on. */
export interface ProcessorRequirement {
  /** Prop that determines the architecture. */
  readonly prop: string;
  /** Start of the message: `the machines have`. */
  readonly subject: string;
  readonly architecture: ImageArchitecture;
  /** Alternative fix. @default - only another image */
  readonly instead?: string;
}

/** Reports a server that cannot load the model, lacks a GPU, has an invalid image, or has two images. */
export function checkServer(validator: Validator, { server, image, model, alarms }: ServerProps, gpu: GpuChoice): void {
  const spec = server?.spec;
  if (!spec) return;
  const { task } = model.manifest;
  validator.check(
    !task || server.isModelship || spec.formats === undefined,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} cannot run the steps of the task ${task?.type} around the model; use ModelServer.modelship(), or ` +
      'pack the artifact without a task',
  );
  validator.check(
    !model.signedBy || server.isModelship,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} does not verify the signature of the model (\`signedBy\`) when it loads it; use ` +
      'ModelServer.modelship(), or verify it before you deploy with `modelship verify`',
  );
  validator.check(
    Object.keys(guardVariables(model.guards)).length === 0 || server.isModelship,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} does not apply the \`guards\` of the model; use ModelServer.modelship(), or remove them`,
  );
  validator.check(
    !model.capture || server.isModelship,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} does not capture requests as \`capture\` of the model says; use ModelServer.modelship(), or remove it`,
  );
  validator.check(
    driftAlarms(alarms).length === 0 || server.isModelship,
    'server',
    'UNSUPPORTED_SERVER',
    `${spec.name} does not compare requests with reference data; use ModelServer.modelship(), or remove drift and ` +
      'accuracyDropPercent of alarms',
  );
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

/** Reports a GPU that would sit idle because the default runtime image does not use it. */
export function checkGpuUse(validator: Validator, { prop, isWasted, paidBy, instead }: GpuUse): void {
  validator.check(
    !isWasted,
    prop,
    'NO_GPU_RUNTIME',
    `the default runtime image does not use GPUs, so the GPU${paidBy ? ` of ${paidBy}` : ''} would sit idle; ` +
      `set \`image\` to a GPU-enabled runtime, ${instead}`,
  );
}

/** Reports a server image that is not built for the CPU architecture of its host. */
export function checkImageArchitecture(
  validator: Validator,
  { prop, subject, architecture, instead }: ProcessorRequirement,
  { name, architectures }: ServerSpec,
): void {
  const built = architectures.map((each) => each.name).join(' and ');
  validator.check(
    architectures.includes(architecture),
    prop,
    'WRONG_ARCHITECTURE',
    `${subject} ${architecture.name} processors, and the image of ${name} is built for ${built}; ` +
      `${instead ? `${instead}, or, ` : ''}if the image is built for ${architecture.name} too, list it in ` +
      '`architectures` of the ModelServer',
  );
}

/** Reports additional models that the server cannot load, keyed by their props. */
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
      `${name} serves every version, and cannot load ${manifest.format}; serve it by a construct of its own`,
    );
  }
}

/** Reports a server that would load its model from a source that it has no access to. */
export function checkSource(
  validator: Validator,
  { name, source }: ServerSpec,
  allowed: readonly ModelSource['kind'][],
): void {
  validator.check(
    source === undefined || allowed.includes(source.kind),
    'server',
    'UNSUPPORTED_SOURCE',
    `${name} would fetch the model from ${source?.kind === 'gcs' ? 'Cloud Storage' : 'S3'}, which it has no ` +
      "credentials to read here; pass a repository of Hugging Face's hub, or a folder of the image or of a mounted volume",
  );
}

/** Reports user-defined environment variables that the construct sets for the server. */
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
      `the construct sets it for ${spec.name}; remove it`,
    );
  }
}
