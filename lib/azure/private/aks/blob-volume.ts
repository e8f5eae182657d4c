import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { PersistentVolumeClaimV1 } from '@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1';
import type { PersistentVolumeV1 } from '@cdktf/provider-kubernetes/lib/persistent-volume-v1';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import type { ModelStore } from '../shared/model-store.js';

/** Props of `BlobVolume`. */
export interface BlobVolumeProps {
  /** Name of the volume and the claim. */
  readonly name: string;
  readonly provider: TerraformProvider;
  readonly modelStore: ModelStore;
  readonly identity: UserAssignedIdentity;
  /** Resources to wait for before any object is created in the cluster. */
  readonly clusterReady: ITerraformDependable[];
}

const ACCESS_MODES = ['ReadOnlyMany'];
/** Placeholder capacity. Kubernetes requires one, although blob volumes have no size. */
const SIZE = '1Ti';

/** Blob container with the model, as a volume of the Blob CSI driver. Pods read it with their own identity. */
export class BlobVolume extends Construct {
  readonly volume: PersistentVolumeV1;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BlobVolumeProps,
  ) {
    super(scope, id);
    const { account } = props.modelStore.storage;
    this.volume = new kubernetes.PersistentVolumeV1(this, 'Resource', {
      provider: props.provider,
      dependsOn: props.clusterReady,
      metadata: { name: props.name },
      spec: [
        {
          accessModes: ACCESS_MODES,
          capacity: { storage: SIZE },
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: '',
          mountOptions: ['-o allow_other', '--read-only=true'],
          persistentVolumeSource: {
            csi: {
              driver: 'blob.csi.azure.com',
              volumeHandle: props.name,
              readOnly: true,
              volumeAttributes: {
                protocol: 'fuse2',
                resourceGroup: account.resourceGroupName,
                storageAccount: account.name,
                containerName: props.modelStore.container.name,
                clientID: props.identity.clientId,
                // The driver mounts with the pods' own token. Otherwise it would list account keys, which are disabled.
                mountWithWorkloadIdentityToken: 'true',
              },
            },
          },
        },
      ],
    });
  }

  /** Claims the volume for the pods of a namespace. */
  claimIn(namespace: string): PersistentVolumeClaimV1 {
    const { name, provider, clusterReady } = this.props;
    return new kubernetes.PersistentVolumeClaimV1(this, 'Claim', {
      provider,
      dependsOn: clusterReady,
      metadata: { name, namespace },
      spec: {
        accessModes: ACCESS_MODES,
        storageClassName: '',
        volumeName: this.volume.metadata.name,
        resources: { requests: { storage: SIZE } },
      },
    });
  }
}
