import { Construct } from 'constructs';
import type { ImageContext } from '../../../bundle/image-parts.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { AzureRegistry, AzureServingProps } from '../../props.js';
import { azapi } from './azapi.js';
import { BuildContexts } from './build-contexts.js';
import type { Placement } from './placement.js';

const REPOSITORY = 'modelship/runtime';
const TAG_LENGTH = 16;
/** Between the 300 s and 28,800 s that a run may take: an image for GPUs has 10 GB, which come and go once. */
const TIMEOUT_SECONDS = 3600;

/** The part of a build that names its image. */
export interface BuildIdentity extends Pick<ImageContext, 'digest'> {
  /** Text that sets an image apart from an earlier one of the same context. */
  readonly rebuild?: string;
}

/** The runtime's image in a registry, by the digest of its build context. */
export function runtimeImage(identity: BuildIdentity): string {
  return `${REPOSITORY}:${imageTag(identity)}`;
}

function imageTag({ digest, rebuild }: BuildIdentity): string {
  const content = digest.replace(/^sha256:/, '').slice(0, TAG_LENGTH);
  return rebuild === undefined ? content : `${content}-${rebuild}`;
}

/** What is built, and where it is pushed to. */
export interface RegistryBuild extends ImageContext, BuildIdentity {
  readonly dockerfile: string;
  readonly registry: AzureRegistry;
  /** Where the context is put. @default - storage of its own */
  readonly contexts?: BuildContexts;
}

/** A build of an image by Azure Container Registry, run once for each content of the context. */
export class AcrBuild extends Construct {
  /** The build. It is there once the image is pushed. */
  readonly run: GenericResource;
  readonly uri: string;

  constructor(scope: Construct, id: string, placement: Placement, props: AzureServingProps, options: RegistryBuild) {
    super(scope, id);
    const tag = imageTag(options);
    const image = runtimeImage(options);
    const contexts = options.contexts ?? new BuildContexts(this, 'Contexts', placement, props);
    this.uri = `${options.registry.loginServer}/${image}`;
    this.run = new GenericResource(this, 'Run', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: 'Microsoft.ContainerRegistry/registries/taskRuns@2019-06-01-preview',
        parent_id: options.registry.id,
        name: `modelship-${tag}`,
        location: placement.location,
        body: {
          properties: {
            forceUpdateTag: tag,
            runRequest: {
              type: 'DockerBuildRequest',
              sourceLocation: contexts.upload(this, options, `${tag}.tar.gz`),
              dockerFilePath: options.dockerfile,
              imageNames: [image],
              isPushEnabled: true,
              platform: { os: 'Linux', architecture: 'amd64' },
              timeout: TIMEOUT_SECONDS,
            },
          },
        },
        // azapi itself gives up after half an hour.
        timeouts: { create: `${TIMEOUT_SECONDS + 600}s` },
      },
      // The link to the context is another one at each plan; another build has another name.
      lifecycle: { ignoreChanges: ['body.properties.runRequest.sourceLocation'] },
    });
  }
}
