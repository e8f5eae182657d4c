import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { GenericProvider, GenericResource } from '../../terraform/generic.js';
import type { RegistryBuild } from './acr-build.js';
import { shortHash } from './names.js';

/** Builds an image with the Docker of whoever applies, by the provider `kreuzwerker/docker`, and pushes it. */
export class DockerBuild extends Construct {
  /** The image in the registry. */
  readonly pushed: GenericResource;

  constructor(scope: Construct, id: string, uri: string, options: RegistryBuild) {
    super(scope, id);
    const provider = new GenericProvider(this, 'Provider', {
      name: 'docker',
      source: 'kreuzwerker/docker',
      versionConstraint: '~> 3.6',
      alias: `docker-${shortHash(this.node.path)}`,
      // The credential is the one that `az acr login` left with Docker: the registry has no user of its own.
      attributes: { registry_auth: [{ address: options.registry.loginServer }] },
    });
    const context = new TerraformAsset(this, 'Context', {
      path: options.directory,
      type: AssetType.DIRECTORY,
      assetHash: options.digest,
    });
    const image = new GenericResource(this, 'Image', {
      type: 'docker_image',
      provider,
      attributes: {
        name: uri,
        triggers: { digest: options.digest },
        build: [{ context: context.path, dockerfile: options.dockerfile, platform: 'linux/amd64' }],
      },
    });
    this.pushed = new GenericResource(this, 'Resource', {
      type: 'docker_registry_image',
      provider,
      attributes: { name: uri, keep_remotely: true, triggers: { digest: options.digest } },
      dependsOn: [image],
    });
  }
}
