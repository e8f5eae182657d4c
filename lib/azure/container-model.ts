import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { Construct } from 'constructs';
import { Exposure } from '../kubernetes/exposure.js';
import { ModelVolume } from '../kubernetes/model-volume.js';
import { ModelWorkload } from '../kubernetes/model-workload.js';
import type { ModelVersion } from '../kubernetes/model-workload-props.js';
import { servedVersion, serverSize } from '../kubernetes/served-version.js';
import { readsMount } from '../kubernetes/server-validation.js';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import { DEFAULT_TIMEOUT_SECONDS, MODEL_MOUNT } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { predictCommand } from '../serving/predict-command.js';
import { type ModelServer, serverOf } from '../serving/servers/model-server.js';
import { startSeconds } from '../serving/servers/server-start.js';
import { afterRoles } from '../terraform/after-roles.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { azurerm } from '../terraform/bindings/azurerm.js';
import type { GenericResource } from '../terraform/generic.js';
import { annotateIdleCost } from '../terraform/idle-cost.js';
import { packagePrefix } from '../terraform/package-files.js';
import { runtimeEnvironment } from '../terraform/runtime-environment.js';
import { AksCluster } from './cluster.js';
import type { ContainerModelProps } from './container-props.js';
import type { PrometheusMetric } from './metric.js';
import { BlobVolume } from './private/aks/blob-volume.js';
import { GPU_TAINT, ManagedCluster, POOL_LABEL, SPOT_TAINT } from './private/aks/cluster.js';
import { ContainerLogs } from './private/aks/container-logs.js';
import { AKS } from './private/aks/limits.js';
import { AksMetrics, COLLECTOR_NAMESPACES, METRICS_ANNOTATIONS } from './private/aks/metrics.js';
import { NvidiaDevicePlugin } from './private/aks/nvidia-device-plugin.js';
import { aksTelemetry } from './private/aks/telemetry.js';
import { validateContainer } from './private/aks/validation.js';
import { credentialOptions } from './private/shared/credential-options.js';
import { EntraApplication, grantInvoke } from './private/shared/entra-application.js';
import { AZURE_PRICES } from './private/shared/idle-cost.js';
import { bindImage } from './private/shared/image.js';
import { ModelStore } from './private/shared/model-store.js';
import { groupName } from './private/shared/names.js';
import { Placement } from './private/shared/placement.js';
import { writeForAzurerm5 } from './private/shared/provider.js';
import { Telemetry } from './private/shared/telemetry.js';

/** Taint that other tools put on GPU nodes. */
const NVIDIA_TAINT = { key: 'nvidia.com/gpu' };
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const INTERNAL = { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' };

/**
 * Model served on Azure Kubernetes Service (AKS).
 *
 * The runtime verifies the callers' tokens. `Access.cloudIdentity()` creates a Microsoft Entra ID application, whose
 * role `grantInvoke` assigns. `Access.jwt()` accepts tokens of the given issuer. Other servers do not authenticate
 * callers and do not support `timeoutSeconds`.
 *
 * `minReplicas` defaults to 1, `maxReplicas` to 3, `timeoutSeconds` to 60. A canary lasts until the next apply,
 * regardless of its `bakeMinutes`, because Terraform has no timer. Terraform authenticates to a new cluster with
 * `kubelogin`.
 *
 * @example
 * ```ts
 * import { ContainerModel } from 'modelship/azure';
 *
 * new ContainerModel(stack, 'Iris', { model, location: 'westeurope', minReplicas: 2, maxReplicas: 5 });
 * ```
 *
 * @throws ValidationError naming every prop that AKS does not support
 */
export class ContainerModel extends Construct implements ModelEndpoint<PrometheusMetric | undefined> {
  /** Model package that the pods serve. */
  readonly model: Model;
  /** New cluster. Unset with `AksCluster.existing()`. */
  readonly cluster?: ManagedCluster;
  readonly telemetry: Telemetry;
  /**
   * Metrics of the pods and alerts on them. Unset with an existing cluster, whose owner collects its metrics, and with
   * a `server` other than Modelship's runtime.
   */
  readonly metrics?: AksMetrics;
  readonly modelStore: ModelStore;
  /** Identity that pods use to read the model. */
  readonly identity: UserAssignedIdentity;
  readonly workload: ModelWorkload;
  /** Application that callers get tokens for. Set with `Access.cloudIdentity()`. */
  readonly entraApplication?: EntraApplication;

  private readonly access: Access;
  private readonly server: ModelServer;
  private readonly isMounted: boolean;

  constructor(scope: Construct, id: string, props: ContainerModelProps) {
    super(scope, id);
    validateContainer(this, props);
    this.model = props.model;
    this.access = props.access ?? Access.cloudIdentity();
    this.server = serverOf(props);
    this.isMounted = props.modelMount ?? readsMount(props);
    const own = this.server.isModelship;
    const placement = new Placement(this, 'Placement', props);
    const thresholds = alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, AKS.timeoutSeconds.max);
    this.telemetry = new Telemetry(this, 'Telemetry', { placement, props, thresholds });
    const models = [props.model, ...(props.stableModel ? [props.stableModel] : [])];
    this.modelStore = new ModelStore(this, 'ModelStore', { placement, props, models, server: this.server });
    const name = groupName(this, AKS.nameLength);
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    if (this.access.kind === 'cloudIdentity') {
      this.entraApplication = new EntraApplication(this, 'EntraApplication');
    }
    const { options, existingOptions } = props.cluster ?? AksCluster.managed();
    if (!existingOptions) {
      this.cluster = new ManagedCluster(this, 'Cluster', { placement, telemetry: this.telemetry, props, options });
      new ContainerLogs(this, 'ContainerLogs', { placement, telemetry: this.telemetry, cluster: this.cluster });
    }
    const cluster = existingOptions ?? this.cluster!.cluster;
    const provider = existingOptions?.kubernetesProvider ?? this.cluster!.provider;
    const clusterReady = this.cluster?.prerequisites ?? [];
    // Nodes pull images. The owner of an existing cluster grants its nodes access to the registry.
    const kubelet = this.cluster?.cluster.kubeletIdentity.objectId;
    const image = own ? bindImage(this, props.image, placement, props, kubelet) : undefined;
    const roles = [this.modelStore.grantRead(this, 'ModelReader', this.identity.principalId), ...(image?.ready ?? [])];
    // The namespace and the service account of the workload have the same name.
    const federation = new azurerm.FederatedIdentityCredential(this, 'Federation', {
      name,
      resourceGroupName: placement.resourceGroup.name,
      parentId: this.identity.id,
      issuer: cluster.oidcIssuerUrl,
      audience: ['api://AzureADTokenExchange'],
      subject: `system:serviceaccount:${name}:${name}`,
    });
    writeForAzurerm5(federation, {
      resource_group_name: undefined,
      parent_id: undefined,
      user_assigned_identity_id: this.identity.id,
    });
    const volume = this.isMounted
      ? new BlobVolume(this, 'Volume', {
          name,
          provider,
          modelStore: this.modelStore,
          identity: this.identity,
          clusterReady,
        })
      : undefined;
    const version = (model: Model) => this.version(props, model, image?.uri);
    const { gpuCount = 0, spot = false } = props;
    const size = serverSize(this.server);
    this.workload = new ModelWorkload(this, 'Workload', {
      ...version(props.stableModel ?? props.model),
      canary: props.rollout?.canaryOptions
        ? { ...version(props.model), percent: props.rollout.canaryOptions.percent }
        : undefined,
      name,
      provider,
      server: this.server,
      startupSeconds: props.startupSeconds ?? startSeconds(this.server),
      clusterReady,
      dependsOn: [...this.modelStore.blobs, federation, afterRoles(this, 'RolesKnown', roles)],
      cpu: props.cpu ?? size.cpu,
      memoryMib: props.memoryMib ?? size.memoryMib,
      gpuCount,
      minReplicas: props.minReplicas,
      maxReplicas: props.maxReplicas,
      nodeSelector: this.cluster ? POOL_LABEL : spot ? { [SPOT_TAINT.key]: SPOT_TAINT.value } : undefined,
      tolerations: [
        ...(gpuCount ? [GPU_TAINT] : []),
        ...(gpuCount && existingOptions ? [NVIDIA_TAINT] : []),
        ...(spot ? [SPOT_TAINT] : []),
      ],
      serviceAccountAnnotations: { 'azure.workload.identity/client-id': this.identity.clientId },
      podLabels: { 'azure.workload.identity/use': 'true' },
      ...(own ? { podAnnotations: METRICS_ANNOTATIONS, metricsNamespaces: COLLECTOR_NAMESPACES } : {}),
      modelVolume: volume ? ModelVolume.persistentVolumeClaim(name) : undefined,
      modelMountPath: MODEL_MOUNT,
      exposure: props.exposure ?? Exposure.loadBalancer({ sourceRanges: PRIVATE_RANGES, annotations: INTERNAL }),
      callerNamespaces: props.callerNamespaces,
      traceNamespaces: props.traceNamespaces,
    });
    volume?.claimIn(this.workload.namespaceName);
    if (gpuCount && this.cluster) {
      new NvidiaDevicePlugin(this, 'DevicePlugin', { provider, dependsOn: this.cluster.prerequisites });
    }
    if (this.cluster && own) {
      this.metrics = new AksMetrics(this, 'Metrics', {
        placement,
        props,
        cluster: this.cluster,
        namespace: name,
        thresholds,
      });
    }
    this.telemetry.watch({ resourceId: cluster.id, ...aksTelemetry(thresholds) });
    annotateIdleCost(this, 'azure', AZURE_PRICES);
  }

  /** URL of the model, without a path. */
  get url(): string {
    return this.workload.url;
  }

  /** URL of the newest version of the model, in TensorFlow Serving's REST API or the API of the `server`. */
  get predictUrl(): string {
    return `${this.url}${this.server.spec.predictPath(this.model)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl. It gets a token from the Azure CLI, or reads
   * the JWT from `TOKEN`, and must run where the load balancer is reachable. Undefined for servers whose request format
   * is unknown: TorchServe and custom ones.
   */
  get predictCommand(): string | undefined {
    const example = this.server.spec.exampleRequest?.(this.model);
    const credentials = credentialOptions(this.access, this.entraApplication);
    return example && predictCommand({ url: `${this.url}${example.path}`, body: example.body, credentials });
  }

  /**
   * Allows a user, group or service principal of Microsoft Entra ID, given by its object id, to invoke the model.
   *
   * @throws Error unless the access is `Access.cloudIdentity()`
   */
  grantInvoke(id: string, principalId: string): GenericResource {
    return grantInvoke(this, this.entraApplication, id, principalId);
  }

  /** Metric for the number of requests. Undefined like `metrics`. */
  metricRequests(): PrometheusMetric | undefined {
    return this.metrics?.requests;
  }

  /** Metric for the number of requests that failed with a 5xx. */
  metricErrors(): PrometheusMetric | undefined {
    return this.metrics?.errors;
  }

  /** Metric for the latency of requests, in seconds. */
  metricLatency(): PrometheusMetric | undefined {
    return this.metrics?.latency;
  }

  /** @param image reference of the image of Modelship's runtime; unset for another server */
  private version(props: ContainerModelProps, model: Model, image?: string): ModelVersion {
    const { server } = this;
    if (image !== undefined) return { image, environment: this.environment(props, model) };
    const folder = `${MODEL_MOUNT}/${packagePrefix(model, server)}`;
    return servedVersion({ server, model, folder, environment: props.environment });
  }

  private environment(props: ContainerModelProps, model: Model): { [name: string]: string } {
    const location = this.isMounted ? `${MODEL_MOUNT}/${packagePrefix(model)}` : this.modelStore.url(model);
    return {
      ...runtimeEnvironment({ ...props, model }, location, props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS),
      ...this.entraApplication?.variables,
    };
  }
}
