import { Construct } from 'constructs';
import type { ImageContext } from '../../../bundle/image-parts.js';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { AzureRegistry, AzureServingProps } from '../../props.js';
import { azapi } from './azapi.js';
import { BuildContexts } from './build-contexts.js';
import type { Placement } from './placement.js';

const REPOSITORY = 'modelship/runtime';
const TAG_LENGTH = 16;
/** Timeout of a build in seconds, which must be 300 to 28,800. An image for GPUs has 10 GB to pull and push. */
const TIMEOUT_SECONDS = 3600;

/** Properties of a build that determine the name of its image. */
export interface BuildIdentity extends Pick<ImageContext, 'digest'> {
  /** Text that distinguishes an image from an earlier one built from the same context. */
  readonly rebuild?: string;
}

/** Returns the repository and tag of the runtime's image, derived from the digest of its build context. */
export function runtimeImage(identity: BuildIdentity): string {
  return `${REPOSITORY}:${imageTag(identity)}`;
}

function imageTag({ digest, rebuild }: BuildIdentity): string {
  const content = digest.replace(/^sha256:/, '').slice(0, TAG_LENGTH);
  return rebuild === undefined ? content : `${content}-${rebuild}`;
}

/** Build context, Dockerfile and target registry of a build. */
export interface RegistryBuild extends ImageContext, BuildIdentity {
  readonly dockerfile: string;
  readonly registry: AzureRegistry;
  /** CPU architecture of the image. @default ImageArchitecture.AMD64 */
  readonly architecture?: ImageArchitecture;
  /** Storage for the build context. @default - a new storage account */
  readonly contexts?: BuildContexts;
}

interface AcrBuildProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  readonly options: RegistryBuild;
}

/** Image build by Azure Container Registry, which runs once for each content of the context. */
export class AcrBuild extends Construct {
  /** Task run of the build. It completes when the image is pushed. */
  readonly run: GenericResource;
  readonly uri: string;

  constructor(scope: Construct, id: string, { placement, props, options }: AcrBuildProps) {
    super(scope, id);
    const tag = imageTag(options);
    const image = runtimeImage(options);
    const contexts = options.contexts ?? new BuildContexts(this, 'Contexts', { placement, props });
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
              platform: { os: 'Linux', architecture: (options.architecture ?? ImageArchitecture.AMD64).name },
              timeout: TIMEOUT_SECONDS,
            },
          },
        },
        // azapi times out after 30 minutes by default.
        timeouts: { create: `${TIMEOUT_SECONDS + 600}s` },
      },
      // The signed link to the context differs in each plan. A build with other content has another name.
      lifecycle: { ignoreChanges: ['body.properties.runRequest.sourceLocation'] },
    });
  }
}
