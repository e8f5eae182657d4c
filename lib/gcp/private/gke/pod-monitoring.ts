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

/** Namespaces of Managed Service for Prometheus's collectors: on Standard and on Autopilot. */
export const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

/** Options of {@link PodMonitoring}. */
export interface PodMonitoringOptions {
  /** Cluster that runs the workload. */
  readonly cluster: ClusterAccess;
  /** Workload whose pods are scraped. */
  readonly workload: ModelWorkload;
  /** Resources that must exist before the chart is installed. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * `PodMonitoring` that makes Managed Service for Prometheus scrape the pods of a workload. Helm installs it, because
 * the Kubernetes provider would need the cluster and the resource definition at plan time.
 */
export class PodMonitoring extends Construct {
  /** Helm release of the chart. */
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

/** Creates the files of the Helm chart. They contain JSON, which is valid YAML. */
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
