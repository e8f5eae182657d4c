import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import { AssetType, Fn, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { ImageContext } from '../../../bundle/image-parts.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import type { Placement } from './placement.js';
import { SecureStorage } from './secure-storage.js';

const CONTAINER = 'contexts';

/**
 * Period for which a link is valid, counted from the plan. It starts in the past, because clocks of other machines differ:
 * https://learn.microsoft.com/azure/storage/common/storage-sas-overview#best-practices-when-using-sas. It ends late enough
 * for a saved plan that someone approves within the day.
 */
const VALIDITY = { from: '-15m', until: '24h' };

interface BuildContextsProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
}

/**
 * Storage of build contexts. A registry downloads them from outside through a link that only an account key can sign.
 * They contain the runtime, or the name of an image, but no model.
 */
export class BuildContexts extends Construct {
  private readonly storage: SecureStorage;
  private readonly container: StorageContainer;
  /** SAS token appended to each link to authorize the download. */
  private readonly signature: string;

  constructor(scope: Construct, id: string, { placement, props }: BuildContextsProps) {
    super(scope, id);
    this.storage = new SecureStorage(this, 'Storage', {
      placement,
      props,
      options: { sharedKeys: true, isPublic: true },
    });
    const { account } = this.storage;
    this.container = new azurerm.StorageContainer(this, 'Container', {
      name: CONTAINER,
      storageAccountId: account.id,
      containerAccessType: 'private',
    });
    this.signature = new azurerm.DataAzurermStorageAccountBlobContainerSas(this, 'Link', {
      connectionString: account.primaryConnectionString,
      containerName: this.container.name,
      httpsOnly: true,
      // `timestamp()` is unknown until apply: Terraform would read the link again in each apply, so no plan would be empty.
      start: Fn.timeadd(Fn.plantimestamp(), VALIDITY.from),
      expiry: Fn.timeadd(Fn.plantimestamp(), VALIDITY.until),
      permissions: { read: true, add: false, create: false, write: false, delete: false, list: false },
    }).sas;
  }

  /**
   * Uploads a context for the build `scope`, and returns a link to it that is signed in each plan, so that a failed build
   * can be repeated at any time.
   */
  upload(scope: Construct, { directory, digest }: ImageContext, name: string): string {
    const archive = join(mkdtempSync(join(tmpdir(), 'modelship-context-')), 'context.tar.gz');
    // `tar` takes as long to load as the bindings of a whole target. It is loaded here because few stacks build an
    // image.
    const { create } = require('tar') as typeof import('tar');
    create({ sync: true, file: archive, cwd: directory, gzip: true, portable: true }, ['.']);
    const asset = new TerraformAsset(scope, 'Context', {
      path: archive,
      type: AssetType.FILE,
      assetHash: digest.replace(/^sha256:/, ''),
    });
    const blob = this.storage.upload(scope, 'Blob', this.container, { name, source: asset.path });
    return `${blob.url}${this.signature}`;
  }
}
