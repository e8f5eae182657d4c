import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetType, Fn, type ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { cachedFolder } from '../bundle/cache-folder.js';
import { GenericProvider, GenericResource } from '../terraform/generic.js';
import { type ClusterConnection, helmConnection } from './cluster-connection.js';

/** Props of {@link Chart}. */
export interface ChartProps {
  /** Name of the chart. */
  readonly name: string;
  /** Name of the release in the cluster. */
  readonly releaseName: string;
  readonly namespace: string;
  readonly connection: ClusterConnection;
  /** Alias of the provider in the stack. */
  readonly alias: string;
  /** Objects by the name of their file. They can contain references to values: `{{ .Values.name }}`. */
  readonly objects: { readonly [file: string]: object };
  /** Values that may be known only at apply. @default - none */
  readonly values?: { readonly [name: string]: unknown };
  /** Resources that must exist before the chart is installed. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Custom resources in a cluster. Helm installs them, because the Kubernetes provider would need the cluster and the resource
 * definitions at plan time.
 */
export class Chart extends Construct {
  /** Helm release of the chart. */
  readonly release: GenericResource;

  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id);
    const provider = new GenericProvider(this, 'Provider', {
      name: 'helm',
      source: 'hashicorp/helm',
      versionConstraint: '~> 3.0',
      alias: props.alias,
      attributes: { kubernetes: helmConnection(props.connection) },
    });
    const files = chartFiles(props);
    const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex');
    const directory = cachedFolder('charts', digest, (folder) => {
      mkdirSync(join(folder, 'templates'));
      for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
    });
    const asset = new TerraformAsset(this, 'Chart', { path: directory, type: AssetType.DIRECTORY, assetHash: digest });
    this.release = new GenericResource(this, 'Resource', {
      type: 'helm_release',
      provider,
      attributes: {
        name: props.releaseName,
        namespace: props.namespace,
        chart: asset.path,
        ...(props.values ? { values: [Fn.jsonencode(props.values)] } : {}),
      },
      dependsOn: props.dependsOn,
    });
  }
}

/** Returns the files of the chart. They contain JSON, which is valid YAML. */
function chartFiles({ name, objects }: ChartProps): { readonly [path: string]: string } {
  const templates = Object.entries(objects).map(([file, object]) => [`templates/${file}.yaml`, JSON.stringify(object)]);
  return {
    'Chart.yaml': JSON.stringify({ apiVersion: 'v2', name, version: '1.0.0' }),
    ...Object.fromEntries(templates),
  };
}
