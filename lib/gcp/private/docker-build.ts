import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { GenericProvider, GenericResource } from '../../terraform/generic.js';
import type { ImageBuild } from '../google-image.js';
import type { GoogleServingProps } from '../props.js';
import { generatedName } from './names.js';
import { clientConfig } from './project.js';

const ALIAS_LENGTH = 40;

/** Builds an image with the Docker of whoever applies, by the provider `kreuzwerker/docker`, and pushes it. */
export class DockerBuild extends Construct {
  /** The image in the repository. */
  readonly pushed: GenericResource;

  constructor(scope: Construct, id: string, props: GoogleServingProps, build: ImageBuild) {
    super(scope, id);
    const provider = new GenericProvider(this, 'Provider', {
      name: 'docker',
      source: 'kreuzwerker/docker',
      versionConstraint: '~> 3.6',
      alias: generatedName(this, ALIAS_LENGTH),
      attributes: {
        registry_auth: [
          {
            address: `${props.region}-docker.pkg.dev`,
            username: 'oauth2accesstoken',
            password: clientConfig(this).accessToken,
          },
        ],
      },
    });
    const context = new TerraformAsset(this, 'Context', {
      path: build.directory,
      type: AssetType.DIRECTORY,
      assetHash: build.digest,
    });
    const image = new GenericResource(this, 'Image', {
      type: 'docker_image',
      provider,
      attributes: {
        name: build.uri,
        triggers: { digest: build.digest },
        build: [{ context: context.path, dockerfile: build.dockerfile, platform: 'linux/amd64' }],
      },
    });
    this.pushed = new GenericResource(this, 'Resource', {
      type: 'docker_registry_image',
      provider,
      dependsOn: [...(build.registry.repository ? [build.registry.repository] : []), image],
      attributes: {
        name: build.uri,
        keep_remotely: true,
        triggers: { digest: build.digest },
      },
    });
  }
}
