import type { StorageBlob } from '@cdktf/provider-azurerm/lib/storage-blob';
import type { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { packageAssets, packagePrefix } from '../../../terraform/package-files.js';
import type { AzureServingProps } from '../../props.js';
import type { Placement } from './placement.js';
import { assignRole } from './roles.js';
import { SecureStorage } from './secure-storage.js';

const CONTAINER = 'models';

interface ModelStoreProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  readonly models: readonly Model[];
  /** Server that loads the models; defaults to Modelship's runtime. */
  readonly server?: ModelServer;
}

/** Storage of model packages as blobs, each package in a folder named by its digest. */
export class ModelStore extends Construct {
  readonly storage: SecureStorage;
  readonly container: StorageContainer;
  /** Blobs of all files. Resources that read the models at start depend on them. */
  readonly blobs: readonly StorageBlob[];

  private readonly server?: ModelServer;

  constructor(scope: Construct, id: string, { placement, props, models, server }: ModelStoreProps) {
    super(scope, id);
    this.server = server;
    this.storage = new SecureStorage(this, 'Storage', { placement, props });
    this.container = new azurerm.StorageContainer(this, 'Container', {
      name: CONTAINER,
      storageAccountId: this.storage.account.id,
      containerAccessType: 'private',
    });
    this.blobs = models.flatMap((model) => this.upload(model));
  }

  /** Returns the URL of a model's folder, with a trailing slash. */
  url(model: Model): string {
    return `${this.storage.account.primaryBlobEndpoint}${CONTAINER}/${packagePrefix(model, this.server)}/`;
  }

  /** Allows an identity to read the blobs of the container. */
  grantRead(scope: Construct, id: string, principalId: string): ITerraformDependable {
    return assignRole(scope, id, this.container.id, 'Storage Blob Data Reader', principalId);
  }

  private upload(model: Model): StorageBlob[] {
    const folder = new Construct(this, model.digest.slice('sha256:'.length, 'sha256:'.length + 12));
    const prefix = packagePrefix(model, this.server);
    return packageAssets(folder, model, this.server).map(({ path, source }) =>
      this.storage.upload(folder, `Blob-${path}`, this.container, { name: `${prefix}/${path}`, source }),
    );
  }
}
