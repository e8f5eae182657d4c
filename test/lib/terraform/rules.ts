import { dependenciesOf, type Synthesized } from './references.js';

// biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
type Resource = Record<string, any>;

/** Resources whose type matches, each with its address. */
export function resourcesOf({ json }: Synthesized, type: RegExp): [string, Resource][] {
  return Object.entries(json.resource ?? {}).flatMap(([kind, byId]) =>
    type.test(kind)
      ? Object.entries(byId).map(([id, attributes]): [string, Resource] => [`${kind}.${id}`, attributes])
      : [],
  );
}

function roleOf(template: Synthesized, dependencies: Set<string>, scope: string, role: RegExp): boolean {
  return resourcesOf(template, /^azurerm_role_assignment$/).some(
    ([address, assignment]) =>
      dependencies.has(address) && assignment.scope.includes(scope) && role.test(assignment.role_definition_name),
  );
}

/**
 * Blobs that are uploaded before the deployer may write them. Terraform uploads with an identity where
 * `storage_use_azuread` is set, and owners of an account have no right to its data:
 * https://learn.microsoft.com/azure/storage/blobs/assign-azure-role-data-access
 */
export function blobsWithoutRole(template: Synthesized): string[] {
  return resourcesOf(template, /^azurerm_storage_blob$/)
    .filter(([address, blob]) => {
      const [account] = /azurerm_storage_account\.[\w-]+/.exec(blob.storage_account_name)!;
      const container = /azurerm_storage_container\.[\w-]+/.exec(blob.storage_container_name)![0];
      const waitsFor = dependenciesOf(template, address);
      return ![account, container].some((scope) =>
        roleOf(template, waitsFor, `\${${scope}.id}`, /^Storage Blob Data (Contributor|Owner)$/),
      );
    })
    .map(([address]) => address);
}

/**
 * Kubernetes objects that are created before the deployer may create them, in a cluster of the same stack. With Azure
 * RBAC the owner of a cluster has no right to its objects: https://learn.microsoft.com/azure/aks/manage-azure-rbac
 */
export function objectsBeforeCluster(template: Synthesized): string[] {
  const clusters = resourcesOf(template, /^azurerm_kubernetes_cluster$/);
  if (clusters.length === 0) return [];
  return resourcesOf(template, /^(kubernetes|helm)_/)
    .map(([address]) => address)
    .filter((address) => {
      const waitsFor = dependenciesOf(template, address);
      return !clusters.some(([cluster]) => roleOf(template, waitsFor, cluster, /^Azure Kubernetes Service RBAC /));
    });
}

/**
 * Resources and data sources with a value that Terraform computes anew in each apply, so that no plan is empty:
 * https://developer.hashicorp.com/terraform/language/functions/timestamp
 */
export function valuesOfEachApply({ json }: Synthesized): string[] {
  return [json.resource, json.data].flatMap((blocks = {}) =>
    Object.entries(blocks).flatMap(([type, byId]) =>
      Object.entries(byId)
        .filter(([, attributes]) => /(?<![a-z])(timestamp|uuid|bcrypt)\(/.test(JSON.stringify(attributes)))
        .map(([id]) => `${type}.${id}`),
    ),
  );
}

const PROVIDER_TIMEOUT_SECONDS = 600;
const SECONDS = { s: 1, m: 60, h: 3600 };

function seconds(duration: string | undefined): number {
  if (duration === undefined) return PROVIDER_TIMEOUT_SECONDS;
  const [, count, unit] = /^(\d+)([smh])$/.exec(duration)!;
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}

/**
 * Deployments whose pods may start for longer than Terraform, or Kubernetes, waits for them: both give up after 10
 * minutes if nothing else is said, and Terraform then creates the Deployment again.
 */
export function impatientDeployments(template: Synthesized): string[] {
  return resourcesOf(template, /^kubernetes_deployment_v1$/)
    .filter(([, { spec, timeouts }]) => {
      const [{ startup_probe: probe }] = spec.template.spec.container;
      const start = probe.period_seconds * probe.failure_threshold;
      const limits = [
        seconds(timeouts?.create),
        seconds(timeouts?.update),
        spec.progress_deadline_seconds ?? PROVIDER_TIMEOUT_SECONDS,
      ];
      return Math.min(...limits) <= start;
    })
    .map(([address]) => address);
}

/**
 * Resources that are created before the old one is deleted although both have the same name, from templates of two
 * versions of a model: the service would answer that the name is taken.
 */
export function sameNamesAtOnce(template: Synthesized, next: Synthesized): string[] {
  const later = new Map(resourcesOf(next, /./));
  // The order in which resources are made changes none of them.
  const content = ({ depends_on, ...attributes }: Resource) => JSON.stringify(attributes);
  return resourcesOf(template, /./)
    .filter(([address, resource]) => {
      const replacement = later.get(address);
      return (
        resource.lifecycle?.create_before_destroy &&
        replacement?.name !== undefined &&
        replacement.name === resource.name &&
        content(replacement) !== content(resource)
      );
    })
    .map(([address]) => address);
}

/** Load balancers behind which a pod sees the address of a node, which a policy for callers' addresses rejects. */
export function balancersThatHideCallers(template: Synthesized): string[] {
  return resourcesOf(template, /^kubernetes_service_v1$/)
    .filter(([, { spec }]) => spec.type === 'LoadBalancer' && spec.external_traffic_policy !== 'Local')
    .map(([address]) => address);
}
