import { AssetType, type ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { ImageContext } from '../bundle/image-parts.js';
import type { ImageArchitecture } from '../serving/image-architecture.js';
import { GenericProvider, GenericResource } from './generic.js';

/** Image to build, and the registry to push it to. */
export interface DockerBuildOptions extends ImageContext {
  /** Path of the Dockerfile, relative to the folder. */
  readonly dockerfile: string;
  /** Reference to push the image as. */
  readonly uri: string;
  /** Alias of the provider in the stack, because builds may push to several registries. */
  readonly alias: string;
  /** CPU architecture of the image. */
  readonly architecture: ImageArchitecture;
  /** Registry and, unless Docker has it configured, the credential, in the provider's form. */
  readonly registryAuth: { readonly [name: string]: string };
  /** Resources that must exist before the image is pushed. @default - none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Image that the provider `kreuzwerker/docker` builds with the Docker of the machine that applies, and pushes. */
export class DockerBuild extends Construct {
  /** Reference of the pushed image. */
  readonly pushed: GenericResource;

  constructor(scope: Construct, id: string, options: DockerBuildOptions) {
    super(scope, id);
    const { uri, digest, dependsOn = [] } = options;
    const provider = new GenericProvider(this, 'Provider', {
      name: 'docker',
      source: 'kreuzwerker/docker',
      versionConstraint: '~> 3.6',
      alias: options.alias,
      attributes: { registry_auth: [options.registryAuth] },
    });
    const context = new TerraformAsset(this, 'Context', {
      path: options.directory,
      type: AssetType.DIRECTORY,
      assetHash: digest,
    });
    const image = new GenericResource(this, 'Image', {
      type: 'docker_image',
      provider,
      attributes: {
        name: uri,
        triggers: { digest },
        build: [
          { context: context.path, dockerfile: options.dockerfile, platform: `linux/${options.architecture.name}` },
        ],
      },
    });
    this.pushed = new GenericResource(this, 'Resource', {
      type: 'docker_registry_image',
      provider,
      attributes: { name: uri, keep_remotely: true, triggers: { digest } },
      dependsOn: [...dependsOn, image],
    });
  }
}
