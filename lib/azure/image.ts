import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import type { ImageContext } from '../bundle/image-parts.js';
import { ImageSource } from '../serving/image-source.js';
import { DockerBuild } from '../terraform/docker-build.js';
import { AcrBuild, runtimeImage } from './private/shared/acr-build.js';
import { shortHash } from './private/shared/names.js';
import type { Placement } from './private/shared/placement.js';
import { Registry } from './private/shared/registry.js';
import type { AzureRegistry, AzureServingProps } from './props.js';

const DOCKERFILE = 'Dockerfile';

/** An image that is already in a registry. */
export interface AcrImageOptions {
  readonly registry: AzureRegistry;
  /** Path of the image in the registry. */
  readonly repository: string;
  /** Tag, or digest as `sha256:…`, which runs the same image for ever. */
  readonly reference: string;
}

/** An image that the registry builds. */
export interface AcrTaskOptions {
  /** @default - the runtime of this version, with the Python packages that the model's format needs */
  readonly context?: ImageContext;
  /** The Dockerfile, from the folder. @default Dockerfile */
  readonly dockerfile?: string;
  /** @default - one is made, without an admin user */
  readonly registry?: AzureRegistry;

  /**
   * Text that builds the image again when it changes, with today's base image and packages: a date, such as `2026-11`. At
   * most 20 letters, digits and hyphens.
   *
   * @default - the image is built when the context changes
   */
  readonly rebuild?: string;
}

/** An image that Docker builds. */
export interface DockerImageOptions {
  /** @default - the runtime of this version, with the Python packages that the model's format needs */
  readonly context?: ImageContext;
  /** The Dockerfile, from the folder. @default Dockerfile */
  readonly dockerfile?: string;
  /** A registry that is there, to which `az acr login` has logged Docker in. */
  readonly registry: AzureRegistry;

  /**
   * Text that builds the image again when it changes, with today's base image and packages: a date, such as `2026-11`. At
   * most 20 letters, digits and hyphens.
   *
   * @default - the image is built when the context changes
   */
  readonly rebuild?: string;
}

/** What an image on Azure needs beside its reference. */
export interface AzureImageBinding {
  /** The reference to pull. */
  readonly uri: string;
  /** The registry, on which whoever pulls gets a role. */
  readonly registry: AzureRegistry;
  /** What must be there before anything pulls. */
  readonly ready: ITerraformDependable[];
}

/**
 * Ways to an image that only Azure has. The identity that pulls gets the role `AcrPull` on the registry.
 *
 * @example
 * ```ts
 * import { AzureImage, ContainerModel } from 'modelship/azure';
 *
 * new ContainerModel(stack, 'Iris', { model, location: 'westeurope', image: AzureImage.fromAcrTask() });
 * ```
 */
export abstract class AzureImage extends ImageSource {
  /** An image in Azure Container Registry. */
  static fromAcr(options: AcrImageOptions): AzureImage {
    return new AcrImage(options);
  }

  /**
   * An image that Azure Container Registry builds at apply, from a folder that is uploaded: needs no Docker.
   *
   * @throws Error if `rebuild` cannot be part of a tag
   */
  static fromAcrTask(options: AcrTaskOptions = {}): AzureImage {
    return new AcrTaskImage(options);
  }

  /**
   * An image that the deployer's own Docker builds and pushes.
   *
   * @throws Error if `rebuild` cannot be part of a tag
   */
  static fromDocker(options: DockerImageOptions): AzureImage {
    return new DockerImage(options);
  }

  /** Adds to `scope` what it takes to have the image. The constructs of `modelship/azure` call it. */
  abstract bindOnAzure(scope: Construct, placement: Placement, props: AzureServingProps): AzureImageBinding;

  /** @throws Error, because it takes a place in Azure to have the image */
  override bind(): string {
    throw new Error('an AzureImage is for the constructs of modelship/azure; elsewhere use ImageSource.fromRegistry()');
  }
}

class AcrImage extends AzureImage {
  constructor(private readonly options: AcrImageOptions) {
    super();
  }

  override bindOnAzure(): AzureImageBinding {
    const { registry, repository, reference } = this.options;
    const separator = reference.startsWith('sha256:') ? '@' : ':';
    return { uri: `${registry.loginServer}/${repository}${separator}${reference}`, registry, ready: [] };
  }
}

class AcrTaskImage extends AzureImage {
  override readonly isForModel: boolean;

  constructor(private readonly options: AcrTaskOptions) {
    super();
    checkRebuild(options);
    this.isForModel = options.context === undefined;
  }

  override bindOnAzure(scope: Construct, placement: Placement, props: AzureServingProps): AzureImageBinding {
    const image = new Construct(scope, 'Image');
    const registry = this.options.registry ?? new Registry(image, 'Registry', placement, props).registry;
    const context = contextOf(this.options, props);
    const { uri, run } = new AcrBuild(image, 'Build', placement, props, {
      ...context,
      dockerfile: this.options.dockerfile ?? DOCKERFILE,
      rebuild: this.options.rebuild,
      registry,
    });
    return { uri, registry, ready: [run] };
  }
}

class DockerImage extends AzureImage {
  override readonly isForModel: boolean;

  constructor(private readonly options: DockerImageOptions) {
    super();
    checkRebuild(options);
    this.isForModel = options.context === undefined;
  }

  override bindOnAzure(scope: Construct, _placement: Placement, props: AzureServingProps): AzureImageBinding {
    const { registry, dockerfile = DOCKERFILE, rebuild } = this.options;
    const context = contextOf(this.options, props);
    const uri = `${registry.loginServer}/${runtimeImage({ ...context, rebuild })}`;
    const image = new Construct(scope, 'Image');
    const { pushed } = new DockerBuild(image, 'Build', {
      ...context,
      dockerfile,
      uri,
      alias: `docker-${shortHash(`${image.node.path}/Build`)}`,
      // The credential is the one that `az acr login` left with Docker: the registry has no user of its own.
      registryAuth: { address: registry.loginServer },
    });
    return { uri, registry, ready: [pushed] };
  }
}

/** @throws Error if `rebuild` cannot be part of the name of a build */
function checkRebuild({ rebuild }: { readonly rebuild?: string }): void {
  if (rebuild === undefined || /^[a-zA-Z0-9-]{1,20}$/.test(rebuild)) return;
  throw new Error(
    `\`rebuild\` must have 1 to 20 letters, digits and hyphens, got ${JSON.stringify(rebuild)}. Use a date, such as ` +
      '`2026-11`.',
  );
}

function contextOf({ context }: { readonly context?: ImageContext }, { model }: AzureServingProps): ImageContext {
  return context ?? runtimeImageContext({ architecture: 'x64', manifest: model.manifest });
}
