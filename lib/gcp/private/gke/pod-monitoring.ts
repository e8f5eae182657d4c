import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS_PATH } from '@modelship/runtime/contract';
import { AssetType, type ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { cachedFolder } from '../../../bundle/cache-folder.js';
import { ModelWorkload } from '../../../kubernetes/model-workload.js';
import { GenericProvider, GenericResource } from '../../../terraform/generic.js';
import type { ClusterAccess } from './cluster.js';

/** Where Managed Service for Prometheus runs what gathers: on Standard and on Autopilot. */
export const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

/** What is gathered from, and when it is there. */
export interface PodMonitoringOptions {
  readonly cluster: ClusterAccess;
  readonly workload: ModelWorkload;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Has Managed Service for Prometheus gather what the pods of a workload count. The `PodMonitoring` that says so is
 * installed by Helm: the Kubernetes provider would want the cluster, and its definition, when Terraform plans.
 */
export class PodMonitoring extends Construct {
  readonly release: GenericResource;

  constructor(scope: Construct, id: string, { cluster, workload, dependsOn }: PodMonitoringOptions) {
    super(scope, id);
    const provider = new GenericProvider(this, 'Provider', {
      name: 'helm',
      source: 'hashicorp/helm',
      versionConstraint: '~> 3.0',
      alias: cluster.alias,
      attributes: {
        kubernetes: {
          host: cluster.host,
          token: cluster.token,
          cluster_ca_certificate: cluster.certificate,
        },
      },
    });
    const files = chart(workload);
    const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex');
    const directory = cachedFolder('charts', digest, (folder) => {
      mkdirSync(join(folder, 'templates'));
      for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
    });
    const asset = new TerraformAsset(this, 'Chart', { path: directory, type: AssetType.DIRECTORY, assetHash: digest });
    this.release = new GenericResource(this, 'Resource', {
      type: 'helm_release',
      provider,
      attributes: { name: `${workload.name}-metrics`, namespace: workload.namespaceName, chart: asset.path },
      dependsOn,
    });
  }
}

/** The files of the chart. JSON is YAML too. */
function chart({ name, matchLabels }: ModelWorkload): { readonly [path: string]: string } {
  const monitoring = {
    apiVersion: 'monitoring.googleapis.com/v1',
    kind: 'PodMonitoring',
    metadata: { name },
    spec: {
      selector: { matchLabels },
      endpoints: [{ port: ModelWorkload.metricsPortName, path: METRICS_PATH, interval: '30s' }],
    },
  };
  return {
    'Chart.yaml': JSON.stringify({ apiVersion: 'v2', name: 'pod-monitoring', version: '1.0.0' }),
    'templates/pod-monitoring.yaml': JSON.stringify(monitoring),
  };
}
