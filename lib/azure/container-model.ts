import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { Exposure } from '../kubernetes/exposure.js';
import { ModelVolume } from '../kubernetes/model-volume.js';
import { ModelWorkload } from '../kubernetes/model-workload.js';
import type { ModelVersion, ModelWorkloadProps } from '../kubernetes/model-workload-props.js';
import { scaling } from '../kubernetes/private/scaling.js';
import { servedVersion, serverSize } from '../kubernetes/served-version.js';
import { readsMount } from '../kubernetes/server-validation.js';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import type { AlarmThresholds } from '../serving/alarms.js';
import type { CanaryAddress } from '../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS, MODEL_MOUNT } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { predictCommand } from '../serving/predict-command.js';
import { type ModelServer, serverOf } from '../serving/servers/model-server.js';
import { startSeconds } from '../serving/servers/server-start.js';
import { afterRoles } from '../terraform/after-roles.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { azurerm } from '../terraform/bindings/azurerm.js';
import type { GenericResource } from '../terraform/generic.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { packagePrefix } from '../terraform/package-files.js';
import { useProviders } from '../terraform/providers.js';
import { runtimeEnvironment } from '../terraform/runtime-environment.js';
import { AksCluster, type AksExistingOptions, type AksManagedOptions } from './cluster.js';
import type { ContainerModelProps } from './container-props.js';
import type { PrometheusMetric } from './metric.js';
import { nodeArchitecture } from './private/aks/architecture.js';
import { BlobVolume } from './private/aks/blob-volume.js';
import { GPU_TAINT, ManagedCluster, POOL_LABEL, SPOT_TAINT } from './private/aks/cluster.js';
import { ContainerLogs } from './private/aks/container-logs.js';
import { federate } from './private/aks/federation.js';
import { AKS } from './private/aks/limits.js';
import { AksMetrics, COLLECTOR_NAMESPACES, METRICS_ANNOTATIONS } from './private/aks/metrics.js';
import { NvidiaDevicePlugin } from './private/aks/nvidia-device-plugin.js';
import { KedaScaling } from './private/aks/scaling.js';
import { aksTelemetry } from './private/aks/telemetry.js';
import { validateContainer } from './private/aks/validation.js';
import { credentialOptions } from './private/shared/credential-options.js';
import { EntraApplication, grantInvoke } from './private/shared/entra-application.js';
import { type BoundImage, bindImage } from './private/shared/image.js';
import { ModelStore } from './private/shared/model-store.js';
import { AZURE_PRICES } from './private/shared/monthly-cost.js';
import { groupName } from './private/shared/names.js';
import { Placement } from './private/shared/placement.js';
import { Telemetry } from './private/shared/telemetry.js';

/** Taint that other tools put on GPU nodes. */
const NVIDIA_TAINT = { key: 'nvidia.com/gpu' };
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const INTERNAL = { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' };

/** Identifiers of a cluster, new or existing, and how to create objects in it. */
interface ClusterAccess {
  readonly id: string;
  readonly oidcIssuerUrl: string;
  readonly provider: TerraformProvider;
  /** Resources that must exist before any object is created in the cluster. */
  readonly ready: ITerraformDependable[];
}

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

  private readonly placement: Placement;
  private readonly thresholds: AlarmThresholds;
  /** Name of the workload, its namespace, its service account and its identity. */
  private readonly name: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ContainerModelProps,
  ) {
    super(scope, id);
    validateContainer(this, props);
    useProviders(this, props.providers);
    this.model = props.model;
    this.placement = new Placement(this, 'Placement', props);
    this.thresholds = alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, AKS.timeoutSeconds.max);
    this.telemetry = new Telemetry(this, 'Telemetry', {
      placement: this.placement,
      props,
      thresholds: this.thresholds,
    });
    this.modelStore = this.makeModelStore();
    this.name = groupName(this, AKS.nameLength);
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...this.placement.common, name: this.name });
    if ((props.access ?? Access.cloudIdentity()).kind === 'cloudIdentity') {
      this.entraApplication = new EntraApplication(this, 'EntraApplication');
    }
    const { settings } = props.cluster ?? AksCluster.managed();
    let access: ClusterAccess;
    if (settings.kind === 'existing') {
      access = accessToExisting(settings.options);
    } else {
      this.cluster = this.makeCluster(settings.options);
      access = accessToNew(this.cluster);
    }
    const image = this.server.isModelship ? this.bindImage() : undefined;
    const roles = [this.modelStore.grantRead(this, 'ModelReader', this.identity.principalId), ...(image?.ready ?? [])];
    // The namespace and the service account of the workload have the same name.
    const account = `system:serviceaccount:${this.name}:${this.name}`;
    const federation = federate(this, this.placement, this.identity, access.oidcIssuerUrl, account);
    const volume = this.isMounted ? this.makeVolume(access) : undefined;
    this.workload = new ModelWorkload(this, 'Workload', {
      ...this.workloadProps(access, image?.uri),
      modelVolume: volume ? ModelVolume.persistentVolumeClaim(this.name) : undefined,
      dependsOn: [...this.modelStore.blobs, federation, afterRoles(this, 'RolesKnown', roles)],
    });
    volume?.claimIn(this.workload.namespaceName);
    if (this.cluster && props.gpuCount) this.addDevicePlugin(this.cluster);
    if (this.cluster && this.server.isModelship) this.metrics = this.makeMetrics(this.cluster);
    if (this.cluster && usesKeda(props)) this.makeScaling(this.cluster);
    this.telemetry.watch({ resourceId: access.id, ...aksTelemetry(this.thresholds) });
    annotateMonthlyCost(this, AZURE_PRICES);
  }

  /** URL of the model, without a path. */
  get url(): string {
    return this.workload.url;
  }

  /** Address of the new version. Set during a canary rollout. */
  get canary(): CanaryAddress | undefined {
    return this.workload.canary;
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
    const credentials = credentialOptions(this.props.access ?? Access.cloudIdentity(), this.entraApplication);
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

  private get server(): ModelServer {
    return serverOf(this.props);
  }

  private get isMounted(): boolean {
    return this.props.modelMount ?? readsMount(this.props);
  }

  private makeModelStore(): ModelStore {
    const { placement, props, server } = this;
    const models = [props.model, ...(props.stableModel ? [props.stableModel] : [])];
    return new ModelStore(this, 'ModelStore', { placement, props, models, server });
  }

  private makeCluster(options: AksManagedOptions): ManagedCluster {
    const { placement, telemetry, props } = this;
    const cluster = new ManagedCluster(this, 'Cluster', { placement, telemetry, props, options });
    new ContainerLogs(this, 'ContainerLogs', { placement, telemetry, cluster });
    return cluster;
  }

  private bindImage(): BoundImage {
    // Nodes pull images. The owner of an existing cluster grants its nodes access to the registry.
    const kubelet = this.cluster?.cluster.kubeletIdentity.objectId;
    return bindImage(this, this.props.image, this.placement, this.props, kubelet, nodeArchitecture(this.props));
  }

  private makeScaling(cluster: ManagedCluster): void {
    const { placement, workload, metrics } = this;
    const { targetConcurrency, schedule } = this.props;
    const limits = scaling(this.props);
    const concurrency = metrics && targetConcurrency !== undefined ? { metrics, targetConcurrency } : undefined;
    new KedaScaling(this, 'Scaling', { placement, cluster, workload, limits, concurrency, schedule });
  }

  private makeVolume({ provider, ready }: ClusterAccess): BlobVolume {
    const { name, modelStore, identity } = this;
    return new BlobVolume(this, 'Volume', { name, provider, modelStore, identity, clusterReady: ready });
  }

  /** @param image reference of the image of Modelship's runtime; unset for another server */
  private workloadProps({ provider, ready }: ClusterAccess, image: string | undefined): ModelWorkloadProps {
    const { props, server } = this;
    const canary = props.rollout?.canaryOptions;
    const size = serverSize(server);
    return {
      ...this.version(props.stableModel ?? props.model, image),
      canary: canary && { ...this.version(props.model, image), percent: canary.percent },
      name: this.name,
      provider,
      server,
      secrets: props.secrets,
      startupSeconds: props.startupSeconds ?? startSeconds(server),
      clusterReady: ready,
      cpu: props.cpu ?? size.cpu,
      memoryMib: props.memoryMib ?? size.memoryMib,
      gpuCount: props.gpuCount ?? 0,
      minReplicas: props.minReplicas,
      maxReplicas: props.maxReplicas,
      // KEDA creates the autoscaler.
      autoscaling: !usesKeda(props),
      ...this.nodes(),
      serviceAccountAnnotations: { 'azure.workload.identity/client-id': this.identity.clientId },
      podLabels: { 'azure.workload.identity/use': 'true' },
      ...(server.isModelship ? { podAnnotations: METRICS_ANNOTATIONS, metricsNamespaces: COLLECTOR_NAMESPACES } : {}),
      modelMountPath: MODEL_MOUNT,
      exposure: props.exposure ?? Exposure.loadBalancer({ sourceRanges: PRIVATE_RANGES, annotations: INTERNAL }),
      callerNamespaces: props.callerNamespaces,
      traceNamespaces: props.traceNamespaces,
    };
  }

  /** Nodes that the pods run on. */
  private nodes(): Pick<ModelWorkloadProps, 'nodeSelector' | 'tolerations'> {
    const { gpuCount = 0, spot = false } = this.props;
    return {
      nodeSelector: this.cluster ? POOL_LABEL : spot ? { [SPOT_TAINT.key]: SPOT_TAINT.value } : undefined,
      tolerations: [
        ...(gpuCount ? [GPU_TAINT] : []),
        ...(gpuCount && !this.cluster ? [NVIDIA_TAINT] : []),
        ...(spot ? [SPOT_TAINT] : []),
      ],
    };
  }

  private addDevicePlugin({ provider, prerequisites }: ManagedCluster): void {
    new NvidiaDevicePlugin(this, 'DevicePlugin', { provider, dependsOn: prerequisites });
  }

  private makeMetrics(cluster: ManagedCluster): AksMetrics {
    const { placement, props, name, thresholds } = this;
    return new AksMetrics(this, 'Metrics', { placement, props, cluster, namespace: name, thresholds });
  }

  /** @param image reference of the image of Modelship's runtime; unset for another server */
  private version(model: Model, image: string | undefined): ModelVersion {
    const { server } = this;
    if (image !== undefined) return { image, environment: this.environment(model) };
    const folder = `${MODEL_MOUNT}/${packagePrefix(model, server)}`;
    return servedVersion({ server, model, folder, environment: this.props.environment });
  }

  private environment(model: Model): { [name: string]: string } {
    const { props } = this;
    const location = this.isMounted ? `${MODEL_MOUNT}/${packagePrefix(model)}` : this.modelStore.url(model);
    return {
      ...runtimeEnvironment({ ...props, model }, location, props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS),
      ...this.entraApplication?.variables,
    };
  }
}

/** Whether KEDA scales the workload, in the place of the HorizontalPodAutoscaler on CPU. */
function usesKeda({ targetConcurrency, schedule }: ContainerModelProps): boolean {
  return targetConcurrency !== undefined || Boolean(schedule?.length);
}

function accessToExisting({ id, oidcIssuerUrl, kubernetesProvider }: AksExistingOptions): ClusterAccess {
  return { id, oidcIssuerUrl, provider: kubernetesProvider, ready: [] };
}

function accessToNew({ cluster, provider, prerequisites }: ManagedCluster): ClusterAccess {
  return { id: cluster.id, oidcIssuerUrl: cluster.oidcIssuerUrl, provider, ready: prerequisites };
}
