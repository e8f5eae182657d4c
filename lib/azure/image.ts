import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import type { ImageContext } from '../bundle/image-parts.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
import { ImageSource } from '../serving/image-source.js';
import { DockerBuild } from '../terraform/docker-build.js';
import { shortHash } from '../terraform/names.js';
import { AcrBuild, runtimeImage } from './private/shared/acr-build.js';
import type { Placement } from './private/shared/placement.js';
import { Registry } from './private/shared/registry.js';
import type { AzureRegistry, AzureServingProps } from './props.js';

const DOCKERFILE = 'Dockerfile';

/** Options of an existing image in Azure Container Registry. */
export interface AcrImageOptions {
  readonly registry: AzureRegistry;
  /** Repository of the image in the registry. */
  readonly repository: string;
  /** Tag, or digest such as `sha256:…`. A digest always refers to the same image. */
  readonly reference: string;
}

/** Options of an image that Azure Container Registry builds. */
export interface AcrTaskOptions {
  /**
   * Build context of the image.
   *
   * @default - the runtime of this version, with the Python packages that the model's format needs
   */
  readonly context?: ImageContext;
  /** Path of the Dockerfile in the build context. @default Dockerfile */
  readonly dockerfile?: string;
  /** Registry that builds and stores the image. @default - a new one without an admin user */
  readonly registry?: AzureRegistry;

  /**
   * Rebuild marker: changing it rebuilds the image with the current base image and packages. Use a date, such as
   * `2026-11`. At most 20 letters, digits and hyphens.
   *
   * @default - the image is rebuilt only when the context changes
   */
  readonly rebuild?: string;
}

/** Options of an image that Docker builds. */
export interface DockerImageOptions {
  /**
   * Build context of the image.
   *
   * @default - the runtime of this version, with the Python packages that the model's format needs
   */
  readonly context?: ImageContext;
  /** Path of the Dockerfile in the build context. @default Dockerfile */
  readonly dockerfile?: string;
  /** Existing registry. Run `az acr login` first to log Docker in. */
  readonly registry: AzureRegistry;

  /**
   * Rebuild marker: changing it rebuilds the image with the current base image and packages. Use a date, such as
   * `2026-11`. At most 20 letters, digits and hyphens.
   *
   * @default - the image is rebuilt only when the context changes
   */
  readonly rebuild?: string;
}

/** Reference of an image, and the resources that a pull depends on. */
export interface AzureImageBinding {
  /** Image reference to pull. */
  readonly uri: string;
  /** Registry with the image, on which the pulling identity gets a role. */
  readonly registry: AzureRegistry;
  /** Resources to create before anything pulls the image. */
  readonly ready: ITerraformDependable[];
}

/**
 * Image sources specific to Azure. The identity that pulls the image gets the role `AcrPull` on the registry.
 *
 * @example
 * ```ts
 * import { AzureImage, ContainerModel } from 'modelship/azure';
 *
 * new ContainerModel(stack, 'Iris', { model, location: 'westeurope', image: AzureImage.fromAcrTask() });
 * ```
 */
export abstract class AzureImage extends ImageSource {
  /** Uses an existing image in Azure Container Registry. */
  static fromAcr(options: AcrImageOptions): AzureImage {
    return new AcrImage(options);
  }

  /**
   * Uploads a folder that Azure Container Registry builds into an image at apply. Needs no Docker.
   *
   * @throws Error if `rebuild` cannot be part of a tag
   */
  static fromAcrTask(options: AcrTaskOptions = {}): AzureImage {
    return new AcrTaskImage(options);
  }

  /**
   * Builds and pushes the image with Docker on the machine that applies the stack.
   *
   * @throws Error if `rebuild` cannot be part of a tag
   */
  static fromDocker(options: DockerImageOptions): AzureImage {
    return new DockerImage(options);
  }

  /**
   * Creates the resources of the image in `scope`. The constructs of `modelship/azure` call it.
   *
   * @param architecture CPU architecture of an image that is built, `ImageArchitecture.AMD64` by default
   */
  abstract bindOnAzure(
    scope: Construct,
    placement: Placement,
    props: AzureServingProps,
    architecture?: ImageArchitecture,
  ): AzureImageBinding;
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

  override bindOnAzure(
    scope: Construct,
    placement: Placement,
    props: AzureServingProps,
    architecture = ImageArchitecture.AMD64,
  ): AzureImageBinding {
    const image = new Construct(scope, 'Image');
    const registry = this.options.registry ?? new Registry(image, 'Registry', { placement, props }).registry;
    const context = contextOf(this.options, props, architecture);
    const { uri, run } = new AcrBuild(image, 'Build', {
      placement,
      props,
      options: {
        ...context,
        dockerfile: this.options.dockerfile ?? DOCKERFILE,
        rebuild: this.options.rebuild,
        registry,
        architecture,
      },
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

  override bindOnAzure(
    scope: Construct,
    _placement: Placement,
    props: AzureServingProps,
    architecture = ImageArchitecture.AMD64,
  ): AzureImageBinding {
    const { registry, dockerfile = DOCKERFILE, rebuild } = this.options;
    const context = contextOf(this.options, props, architecture);
    const uri = `${registry.loginServer}/${runtimeImage({ ...context, rebuild })}`;
    const image = new Construct(scope, 'Image');
    const { pushed } = new DockerBuild(image, 'Build', {
      ...context,
      dockerfile,
      uri,
      architecture,
      alias: `docker-${shortHash(`${image.node.path}/Build`)}`,
      // Docker authenticates with the credential that `az acr login` stored, so none is set here.
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

function contextOf(
  { context }: { readonly context?: ImageContext },
  { model }: AzureServingProps,
  architecture: ImageArchitecture,
): ImageContext {
  return context ?? runtimeImageContext({ architecture: architecture.nodeName, manifest: model.manifest });
}
