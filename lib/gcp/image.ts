import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import type { ImageContext } from '../bundle/image-parts.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
import { ImageSource } from '../serving/image-source.js';
import { DockerBuild } from '../terraform/docker-build.js';
import type { Grantee } from './grantee.js';
import { ArtifactRepository } from './private/shared/artifact-repository.js';
import { CloudBuild } from './private/shared/cloud-build.js';
import type { ImageBuild } from './private/shared/image-build.js';
import { generatedName } from './private/shared/names.js';
import { clientConfig, projectId } from './private/shared/project.js';
import type { GoogleServingProps } from './props.js';
import type { GoogleRepository } from './repository.js';

/** Options of an existing image in Artifact Registry. */
export interface ArtifactRegistryImageOptions {
  /** Repository that contains the image. */
  readonly repository: GoogleRepository;
  /** Name of the image in the repository. */
  readonly image: string;
  /** Tag or `sha256:…` digest. A digest pins the image. */
  readonly reference: string;
}

/** Options of an image build. */
export interface BuiltImageOptions {
  /**
   * Build context with the files of the image.
   *
   * @default - the runtime of this version, with the Python packages that the model's format needs
   */
  readonly context?: ImageContext;
  /** Path of the Dockerfile in the build context. @default 'Dockerfile' */
  readonly dockerfile?: string;
  /** Repository that the image is pushed to. @default - a new repository in the endpoint's region */
  readonly repository?: GoogleRepository;
  /**
   * String that triggers a rebuild with the current base image and packages when it changes, such as `2026-11`.
   * At most 60 letters, digits, `_`, `.` and `-`.
   *
   * @default - the image is rebuilt only when the context changes
   */
  readonly rebuild?: string;
}

/** Options of an image build in Cloud Build. */
export interface CloudBuildImageOptions extends BuiltImageOptions {
  /**
   * Region of the build. New projects can build in some regions only:
   * https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects
   *
   * @default 'global'
   */
  readonly buildRegion?: string;
}

/** Image reference on Google Cloud, and the resources that it depends on. */
export interface GoogleImageBinding {
  /** Image reference to pull. */
  readonly uri: string;
  /** Resources that must exist before the image can be pulled. */
  readonly ready: readonly ITerraformDependable[];
}

/**
 * Image sources that are specific to Google Cloud. The pulling identity gets access to the image's repository only.
 *
 * @example
 * ```ts
 * import { GoogleImage, ServerlessModel } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4', image: GoogleImage.fromCloudBuild() });
 * ```
 */
export abstract class GoogleImage extends ImageSource {
  /** Uses an existing image in Artifact Registry. */
  static fromArtifactRegistry(options: ArtifactRegistryImageOptions): GoogleImage {
    return new ArtifactRegistryImage(options);
  }

  /**
   * Uploads the build context and builds the image in Cloud Build at apply. Needs no local Docker.
   *
   * @throws Error if `rebuild` is not valid in an image tag
   */
  static fromCloudBuild(options: CloudBuildImageOptions = {}): GoogleImage {
    const { buildRegion = 'global' } = options;
    return new BuiltImage(
      options,
      (scope, id, props, build) => new CloudBuild(scope, id, { props, build, region: buildRegion }),
    );
  }

  /**
   * Builds and pushes the image at apply with Docker on the machine that runs Terraform.
   *
   * @throws Error if `rebuild` is not valid in an image tag
   */
  static fromDocker(options: BuiltImageOptions = {}): GoogleImage {
    return new BuiltImage(options, dockerBuild);
  }

  /**
   * Adds the resources that provide the image to `scope`. The constructs of `modelship/gcp` call this method.
   *
   * @param puller returns the identity that pulls the image, or undefined if it is unknown
   * @param architecture CPU architecture of an image that is built, `ImageArchitecture.AMD64` by default
   */
  abstract bindOnGoogle(
    scope: Construct,
    props: GoogleServingProps,
    puller: () => Grantee | undefined,
    architecture?: ImageArchitecture,
  ): GoogleImageBinding;
}

class ArtifactRegistryImage extends GoogleImage {
  constructor(private readonly options: ArtifactRegistryImageOptions) {
    super();
  }

  override bindOnGoogle(
    scope: Construct,
    props: GoogleServingProps,
    puller: () => Grantee | undefined,
  ): GoogleImageBinding {
    const { repository: given, image, reference } = this.options;
    const repository = new ArtifactRepository(new Construct(scope, 'Image'), 'Repository', { props, given });
    const separator = reference.startsWith('sha256:') ? '@' : ':';
    return { uri: `${repository.host}/${image}${separator}${reference}`, ready: repository.grantPull(puller) };
  }
}

type Builder = (
  scope: Construct,
  id: string,
  props: GoogleServingProps,
  build: ImageBuild,
) => { readonly pushed: ITerraformDependable };

const ALIAS_LENGTH = 40;

function dockerBuild(scope: Construct, id: string, _props: GoogleServingProps, build: ImageBuild): DockerBuild {
  const { directory, digest, dockerfile, uri, architecture, registry } = build;
  return new DockerBuild(scope, id, {
    ...{ directory, digest, dockerfile, uri, architecture },
    alias: generatedName(scope, ALIAS_LENGTH),
    registryAuth: {
      address: registry.server,
      username: 'oauth2accesstoken',
      password: clientConfig(scope).accessToken,
    },
    dependsOn: registry.repository ? [registry.repository] : [],
  });
}

class BuiltImage extends GoogleImage {
  override readonly isForModel: boolean;

  constructor(
    private readonly options: BuiltImageOptions,
    private readonly builder: Builder,
  ) {
    super();
    const { rebuild } = options;
    if (rebuild !== undefined && !Token.isUnresolved(rebuild) && !/^[\w.-]{1,60}$/.test(rebuild)) {
      throw new Error(
        `\`rebuild\` must have 1 to 60 letters, digits, \`_\`, \`.\` and \`-\`, got ${JSON.stringify(rebuild)}. Use a date, ` +
          'such as `2026-11`.',
      );
    }
    this.isForModel = options.context === undefined;
  }

  override bindOnGoogle(
    scope: Construct,
    props: GoogleServingProps,
    puller: () => Grantee | undefined,
    architecture = ImageArchitecture.AMD64,
  ): GoogleImageBinding {
    const image = new Construct(scope, 'Image');
    const registry = new ArtifactRepository(image, 'Repository', { props, given: this.options.repository });
    const { manifest } = props.model;
    const context = this.options.context ?? runtimeImageContext({ architecture: architecture.nodeName, manifest });
    const { dockerfile = 'Dockerfile', rebuild } = this.options;
    const uri = `${registry.host}/runtime:${context.digest}${rebuild === undefined ? '' : `-${rebuild}`}`;
    const build = { ...context, dockerfile, uri, architecture, registry, projectId: projectId(scope, props.project) };
    const { pushed } = this.builder(image, 'Build', props, build);
    return { uri, ready: [pushed, ...registry.grantPull(puller)] };
  }
}
