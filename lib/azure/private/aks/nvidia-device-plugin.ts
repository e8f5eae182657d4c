import type { DaemonSetV1 } from '@cdktf/provider-kubernetes/lib/daemon-set-v1';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import { GPU_TAINT, POOL_LABEL } from './cluster.js';

const IMAGE = 'nvcr.io/nvidia/k8s-device-plugin:v0.17.0';
const NAME = 'nvidia-device-plugin';
const SOCKETS = '/var/lib/kubelet/device-plugins';

interface NvidiaDevicePluginProps {
  readonly provider: TerraformProvider;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * NVIDIA device plugin, which advertises the GPUs of a node to Kubernetes. AKS installs the driver, but not the plugin.
 */
export class NvidiaDevicePlugin extends Construct {
  readonly resource: DaemonSetV1;

  constructor(scope: Construct, id: string, { provider, dependsOn }: NvidiaDevicePluginProps) {
    super(scope, id);
    const labels = { 'app.kubernetes.io/name': NAME };
    this.resource = new kubernetes.DaemonSetV1(this, 'Resource', {
      provider,
      metadata: { name: NAME, namespace: 'kube-system', labels },
      // The nodes for the plugin may not exist yet.
      waitForRollout: false,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            priorityClassName: 'system-node-critical',
            nodeSelector: POOL_LABEL,
            toleration: [
              { key: GPU_TAINT.key, operator: 'Equal', value: GPU_TAINT.value, effect: GPU_TAINT.effect },
              { key: 'kubernetes.azure.com/scalesetpriority', operator: 'Exists' },
            ],
            container: [
              {
                name: NAME,
                image: IMAGE,
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
                volumeMount: [{ name: 'sockets', mountPath: SOCKETS }],
              },
            ],
            volume: [{ name: 'sockets', hostPath: { path: SOCKETS } }],
          },
        },
      },
      dependsOn,
    });
  }
}
