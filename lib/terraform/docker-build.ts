import { AssetType, type ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { ImageContext } from '../bundle/image-parts.js';
import { GenericProvider, GenericResource } from './generic.js';

/** What Docker builds, and where it pushes it. */
export interface DockerBuildOptions extends ImageContext {
  /** The Dockerfile, from the folder. */
  readonly dockerfile: string;
  /** The reference that the image is pushed as. */
  readonly uri: string;
  /** Under which the stack has the provider: builds may push to several registries. */
  readonly alias: string;
  /** The registry and, unless Docker knows it, the credential, as the provider takes them. */
  readonly registryAuth: { readonly [name: string]: string };
  /** What must be there before the image is pushed. @default - nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Builds an image with the Docker of whoever applies, by the provider `kreuzwerker/docker`, and pushes it. */
export class DockerBuild extends Construct {
  /** The image in the registry. */
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
        build: [{ context: context.path, dockerfile: options.dockerfile, platform: 'linux/amd64' }],
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
