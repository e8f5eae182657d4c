import type { ContainerApp as AzureContainerApp } from '@cdktf/provider-azurerm/lib/container-app';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { DEFAULT_PORT, DRAIN_SECONDS, LIVE_PATH, READY_PATH } from '@modelship/runtime/contract';
import { Lazy, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { PricedResources } from '../../../cost/monthly-cost.js';
import type { CanaryAddress } from '../../../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../../../serving/defaults.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { contentHash } from '../../../terraform/content-hash.js';
import { GenericResource } from '../../../terraform/generic.js';
import { HASH_LENGTH, shortHash, slug } from '../../../terraform/names.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { ContainerAppsOptions } from '../../host-options.js';
import type { AzureServerlessProps } from '../../props.js';
import { azapi } from '../shared/azapi.js';
import { cronScaling } from '../shared/cron-triggers.js';
import type { EntraApplication } from '../shared/entra-application.js';
import { bindImage } from '../shared/image.js';
import { ModelStore } from '../shared/model-store.js';
import { groupName } from '../shared/names.js';
import { grantSecrets } from '../shared/secrets.js';
import type { ServerlessBackendProps } from '../shared/serverless-backend.js';
import { AppEnvironment, CONSUMPTION, GPU_PROFILE } from './environment.js';
import { CONTAINER_APPS } from './limits.js';
import { containerAppReplicas } from './replicas.js';
import { type ReplicaSize, runningParts, usageAtLoad } from './running-parts.js';
import { containerAppTelemetry } from './telemetry.js';

const MIB_PER_GIB = 1024;
const DEFAULT_CPU = 1;
/** Seconds between the end of a drain and the kill. */
const GRACE_SECONDS = 10;
const SECRET_NAME_LENGTH = 40;

interface ContainerAppProps extends ServerlessBackendProps {
  readonly props: AzureServerlessProps;
  readonly options: ContainerAppsOptions;
}

/** Model on Azure Container Apps. */
export class ContainerApp extends Construct {
  readonly environment: AppEnvironment;
  readonly modelStore: ModelStore;
  /** Identity that replicas use to pull the image and read the model. */
  readonly identity: UserAssignedIdentity;
  readonly app: AzureContainerApp;
  readonly authConfig?: GenericResource;
  readonly url: string;
  /** Name of this revision, for the `stableRevision` of the next canary. */
  readonly revision: string;
  /** Address of this revision. Set while another revision is stable. */
  readonly canary?: CanaryAddress;
  /**
   * Cost of the replicas.
   *
   * @internal
   */
  readonly cost: PricedResources;

  constructor(scope: Construct, id: string, { props, options, placement, telemetry, entra }: ContainerAppProps) {
    super(scope, id);
    const name = groupName(scope, CONTAINER_APPS.nameLength);
    this.modelStore = new ModelStore(this, 'ModelStore', { placement, props, models: [props.model] });
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    const image = bindImage(this, options.image, placement, props, this.identity.principalId);
    const rolesKnown = afterRoles(this, 'RolesKnown', [
      this.modelStore.grantRead(this, 'ModelReader', this.identity.principalId),
      ...grantSecrets(this, props, this.identity.principalId),
      ...image.ready,
    ]);
    this.environment = new AppEnvironment(this, 'Environment', { name, placement, telemetry, options });
    const size = replicaSize(options);
    const template = this.template(props, options, size, image.uri, entra);
    const replicas = [template.minReplicas, size, options.gpu?.profileType] as const;
    this.cost = { idle: runningParts(...replicas), atLoad: usageAtLoad(...replicas) };
    this.revision = revisionSuffix(
      this,
      { template, secrets: props.secrets && vaultUrls(props.secrets), salt: options.versionSalt },
      [image.uri, ...Object.values(props.environment ?? {}), ...vaultUrls(props.secrets ?? {})],
    );
    this.app = new azurerm.ContainerApp(this, 'Resource', {
      name,
      resourceGroupName: placement.resourceGroup.name,
      tags: props.tags,
      containerAppEnvironmentId: this.environment.resource.id,
      workloadProfileName: options.gpu ? GPU_PROFILE : CONSUMPTION,
      revisionMode: options.stableRevision ? 'Multiple' : 'Single',
      identity: { type: 'UserAssigned', identityIds: [this.identity.id] },
      secret:
        props.secrets &&
        Object.entries(props.secrets).map(([variable, { versionlessId }]) => ({
          name: secretName(variable),
          keyVaultSecretId: versionlessId,
          identity: this.identity.id,
        })),
      registry: image.loginServer ? [{ server: image.loginServer, identity: this.identity.id }] : undefined,
      ingress: {
        externalEnabled: true,
        allowInsecureConnections: false,
        targetPort: DEFAULT_PORT,
        transport: 'auto',
        trafficWeight: trafficWeights(this.revision, props, options),
      },
      template: { ...template, revisionSuffix: this.revision },
      dependsOn: [...this.modelStore.blobs, rolesKnown, this.environment.agent],
    });
    if (entra) this.authConfig = this.requireEntra(entra);
    this.url = `https://${this.app.ingress.fqdn}`;
    if (options.stableRevision !== undefined) this.canary = { url: `https://${this.app.latestRevisionFqdn}` };
    telemetry.watch({ resourceId: this.app.id, ...containerAppTelemetry(telemetry.thresholds) });
  }

  private template(
    props: AzureServerlessProps,
    options: ContainerAppsOptions,
    { cpu, memoryGib }: ReplicaSize,
    image: string,
    entra: EntraApplication | undefined,
  ) {
    const environment = {
      // The platform sets the OTLP endpoint of its agent, but not the service name of the traces.
      OTEL_SERVICE_NAME: props.model.name,
      ...runtimeEnvironment(props, this.modelStore.url(props.model), props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS),
      // The runtime verifies tokens as well, because the platform's check starts only after the app is created.
      ...entra?.variables,
      // An app may have several identities, so token requests must name one.
      AZURE_CLIENT_ID: this.identity.clientId,
    };
    const probe = (path: string, failureCountThreshold: number) => ({
      transport: 'HTTP',
      path,
      port: DEFAULT_PORT,
      intervalSeconds: 1,
      timeout: 5,
      failureCountThreshold,
    });
    const replicas = containerAppReplicas(props);
    const { minReplicas, triggers } = cronScaling(props.schedule, replicas);
    return {
      minReplicas,
      maxReplicas: replicas.max,
      terminationGracePeriodSeconds: DRAIN_SECONDS + GRACE_SECONDS,
      container: [
        {
          name: 'runtime',
          image,
          cpu,
          memory: `${memoryGib}Gi`,
          env: [
            ...Object.entries(environment).map(([key, value]) => ({ name: key, value })),
            ...Object.keys(props.secrets ?? {}).map((key) => ({ name: key, secretName: secretName(key) })),
          ],
          // The server is live immediately, and ready after the model is loaded. Only failed liveness restarts it.
          startupProbe: [probe(LIVE_PATH, CONTAINER_APPS.probeFailures)],
          livenessProbe: [{ ...probe(LIVE_PATH, CONTAINER_APPS.probeFailures), intervalSeconds: 10 }],
          readinessProbe: [{ ...probe(READY_PATH, 3), successCountThreshold: 1 }],
        },
      ],
      httpScaleRule: [
        { name: 'http', concurrentRequests: String(options.targetConcurrency ?? CONTAINER_APPS.defaultConcurrency) },
      ],
      ...(triggers.length > 0
        ? {
            customScaleRule: triggers.map((metadata, index) => ({
              name: `schedule-${index}`,
              customRuleType: 'cron',
              metadata: { ...metadata },
            })),
          }
        : {}),
    };
  }

  /** Makes the platform reject callers without a Microsoft Entra ID token for this application. */
  private requireEntra(entra: EntraApplication): GenericResource {
    return new GenericResource(this, 'AuthConfig', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: 'Microsoft.App/containerApps/authConfigs@2024-03-01',
        parent_id: this.app.id,
        name: 'current',
        body: {
          properties: {
            platform: { enabled: true },
            globalValidation: { unauthenticatedClientAction: 'Return401' },
            identityProviders: {
              azureActiveDirectory: {
                enabled: true,
                registration: { clientId: entra.clientId, openIdIssuer: entra.issuer },
                validation: { allowedAudiences: [entra.clientId] },
              },
            },
          },
        },
      },
    });
  }
}

function vaultUrls(secrets: NonNullable<AzureServerlessProps['secrets']>): string[] {
  return Object.values(secrets).map((secret) => secret.versionlessId);
}

/** Returns the name of the secret in the app, which may have lower-case letters, digits and hyphens only. */
function secretName(variable: string): string {
  return `${slug(variable, SECRET_NAME_LENGTH - HASH_LENGTH - 1)}-${shortHash(variable)}`;
}

/** Returns the size from the options. With a GPU, a replica has the whole workload profile. */
export function replicaSize({ gpu, cpu = DEFAULT_CPU }: Pick<ContainerAppsOptions, 'gpu' | 'cpu'>): ReplicaSize {
  if (gpu) return { cpu: gpu.size.cpu, memoryGib: gpu.size.memoryMib / MIB_PER_GIB };
  return { cpu, memoryGib: cpu * CONTAINER_APPS.memoryPerCpuGib };
}

/**
 * Returns a revision name that changes with the revision's content. The name is chosen here instead of by Azure, so
 * that the traffic weights can refer to it.
 *
 * @param inputs values from the caller that may be known only at apply; the name then depends on their final values
 */
function revisionSuffix(scope: Construct, content: object, inputs: readonly string[]): string {
  // Evaluated lazily, because references in the content get their final names only at synthesis.
  const hash = Lazy.stringValue({ produce: (context) => shortHash(JSON.stringify(context.resolve(content))) });
  const late = inputs.filter((input) => Token.isUnresolved(input));
  return `m${late.length === 0 ? hash : contentHash(scope, 'RevisionHash', [hash, ...late], HASH_LENGTH)}`;
}

function trafficWeights(revision: string, { rollout }: AzureServerlessProps, { stableRevision }: ContainerAppsOptions) {
  const percent = rollout?.canaryOptions?.percent;
  if (stableRevision === undefined || percent === undefined) return [{ latestRevision: true, percentage: 100 }];
  return [
    { revisionSuffix: revision, latestRevision: false, percentage: percent },
    { revisionSuffix: stableRevision, latestRevision: false, percentage: 100 - percent },
  ];
}
