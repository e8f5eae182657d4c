import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetType, Fn, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { ImageContext } from '../../bundle/image-parts.js';
import { azurerm } from '../../terraform/bindings/azurerm.js';
import { GenericResource } from '../../terraform/generic.js';
import type { AzureRegistry } from '../azure-image.js';
import type { AzureServingProps } from '../props.js';
import { azapi } from './azapi.js';
import type { Placement } from './placement.js';
import { SecureStorage } from './secure-storage.js';

const CONTAINER = 'contexts';
const REPOSITORY = 'modelship/runtime';
const TAG_LENGTH = 16;
/** Between the 300 s and 28,800 s that a run may take. */
const TIMEOUT_SECONDS = 1800;

/** The runtime's image in a registry, by the digest of its build context. */
export function runtimeImage(digest: string): string {
  return `${REPOSITORY}:${imageTag(digest)}`;
}

function imageTag(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, TAG_LENGTH);
}

/** What is built, and where it is pushed to. */
export interface RegistryBuild extends ImageContext {
  readonly dockerfile: string;
  readonly registry: AzureRegistry;
}

/** A build of an image by Azure Container Registry, run once for each content of the context. */
export class AcrBuild extends Construct {
  /** The build. It is there once the image is pushed. */
  readonly run: GenericResource;
  readonly uri: string;

  constructor(scope: Construct, id: string, placement: Placement, props: AzureServingProps, options: RegistryBuild) {
    super(scope, id);
    const tag = imageTag(options.digest);
    const image = runtimeImage(options.digest);
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
              sourceLocation: this.upload(placement, props, options, tag),
              dockerFilePath: options.dockerfile,
              imageNames: [image],
              isPushEnabled: true,
              platform: { os: 'Linux', architecture: 'amd64' },
              timeout: TIMEOUT_SECONDS,
            },
          },
        },
      },
      // The link to the context is another one at each plan; another build has another name.
      lifecycle: { ignoreChanges: ['body.properties.runRequest.sourceLocation'] },
    });
  }

  /** Uploads the context, and returns a link to it that lasts as long as the build may take. */
  private upload(placement: Placement, props: AzureServingProps, options: RegistryBuild, tag: string): string {
    // The registry fetches the context from outside, by a link that only a key can sign. It holds the runtime, and no model.
    const { account } = new SecureStorage(this, 'Storage', placement, props, { sharedKeys: true, isPublic: true });
    const container = new azurerm.StorageContainer(this, 'Container', {
      name: CONTAINER,
      storageAccountId: account.id,
      containerAccessType: 'private',
    });
    const archive = join(mkdtempSync(join(tmpdir(), 'modelship-context-')), 'context.tar.gz');
    // Loaded here, because it takes as long as the bindings of a whole target, of which few have an image built.
    const { create } = require('tar') as typeof import('tar');
    create({ sync: true, file: archive, cwd: options.directory, gzip: true, portable: true }, ['.']);
    const asset = new TerraformAsset(this, 'Context', {
      path: archive,
      type: AssetType.FILE,
      assetHash: options.digest.replace(/^sha256:/, ''),
    });
    const blob = new azurerm.StorageBlob(this, 'Blob', {
      name: `${tag}.tar.gz`,
      storageAccountName: account.name,
      storageContainerName: container.name,
      type: 'Block',
      source: asset.path,
    });
    const sas = new azurerm.DataAzurermStorageAccountBlobContainerSas(this, 'Link', {
      connectionString: account.primaryConnectionString,
      containerName: container.name,
      httpsOnly: true,
      start: Fn.timestamp(),
      expiry: Fn.timeadd(Fn.timestamp(), '2h'),
      permissions: { read: true, add: false, create: false, write: false, delete: false, list: false },
    });
    return `${blob.url}${sas.sas}`;
  }
}
