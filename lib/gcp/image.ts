import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import type { ImageContext } from '../bundle/image-parts.js';
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

/** An image that is already in a repository. */
export interface ArtifactRegistryImageOptions {
  readonly repository: GoogleRepository;
  /** Name of the image in the repository. */
  readonly image: string;
  /** Tag, or digest as `sha256:…`, which runs the same image for ever. */
  readonly reference: string;
}

/** How an image is built. */
export interface BuiltImageOptions {
  /** @default - the runtime of this version, with the Python packages that the model's format needs */
  readonly context?: ImageContext;
  /** The Dockerfile, from the folder. @default 'Dockerfile' */
  readonly dockerfile?: string;
  /** @default - one is made in the endpoint's region */
  readonly repository?: GoogleRepository;
  /**
   * Text that builds the image again when it changes, with today's base image and packages: a date, such as `2026-11`. At
   * most 60 letters, digits, `_`, `.` and `-`.
   *
   * @default - the image is built when the context changes
   */
  readonly rebuild?: string;
}

/** How Cloud Build builds an image. */
export interface CloudBuildImageOptions extends BuiltImageOptions {
  /**
   * Region that the build runs in. New projects may build in few regions only:
   * https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects
   *
   * @default 'global'
   */
  readonly buildRegion?: string;
}

/** What an image on Google Cloud needs beside its reference. */
export interface GoogleImageBinding {
  /** The reference to pull. */
  readonly uri: string;
  /** What must be there before anything pulls. */
  readonly ready: readonly ITerraformDependable[];
}

/**
 * Ways to an image that only Google Cloud has. Who pulls is let in on the repository, and on no other.
 *
 * @example
 * ```ts
 * import { GoogleImage, ServerlessModel } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4', image: GoogleImage.fromCloudBuild() });
 * ```
 */
export abstract class GoogleImage extends ImageSource {
  /** An image in Artifact Registry. */
  static fromArtifactRegistry(options: ArtifactRegistryImageOptions): GoogleImage {
    return new ArtifactRegistryImage(options);
  }

  /**
   * An image that Cloud Build builds at apply, from a folder that is uploaded. Needs no Docker.
   *
   * @throws Error if `rebuild` cannot be part of a tag
   */
  static fromCloudBuild(options: CloudBuildImageOptions = {}): GoogleImage {
    const { buildRegion = 'global' } = options;
    return new BuiltImage(options, (scope, id, props, build) => new CloudBuild(scope, id, props, build, buildRegion));
  }

  /** An image that the Docker of whoever applies builds and pushes. */
  static fromDocker(options: BuiltImageOptions = {}): GoogleImage {
    return new BuiltImage(options, dockerBuild);
  }

  /**
   * Adds to `scope` what it takes to have the image. The constructs of `modelship/gcp` call it.
   *
   * @param puller returns the identity that pulls, undefined if it is not known
   */
  abstract bindOnGoogle(
    scope: Construct,
    props: GoogleServingProps,
    puller: () => Grantee | undefined,
  ): GoogleImageBinding;

  /** @throws Error, because it takes a project and a region to have the image */
  override bind(): string {
    throw new Error('a GoogleImage is for the constructs of modelship/gcp; elsewhere use ImageSource.fromRegistry()');
  }
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
    const repository = new ArtifactRepository(new Construct(scope, 'Image'), 'Repository', props, given);
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
  const { directory, digest, dockerfile, uri, registry } = build;
  return new DockerBuild(scope, id, {
    ...{ directory, digest, dockerfile, uri },
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
  ): GoogleImageBinding {
    const image = new Construct(scope, 'Image');
    const registry = new ArtifactRepository(image, 'Repository', props, this.options.repository);
    const { manifest } = props.model;
    const context = this.options.context ?? runtimeImageContext({ architecture: 'x64', manifest });
    const { dockerfile = 'Dockerfile', rebuild } = this.options;
    const uri = `${registry.host}/runtime:${context.digest}${rebuild === undefined ? '' : `-${rebuild}`}`;
    const build = { ...context, dockerfile, uri, registry, projectId: projectId(scope, props.project) };
    const { pushed } = this.builder(image, 'Build', props, build);
    return { uri, ready: [pushed, ...registry.grantPull(puller)] };
  }
}
