import type { ComputeSecurityPolicy } from '@cdktf/provider-google/lib/compute-security-policy';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Exposure } from '../kubernetes/exposure.js';
import type { InferenceService } from '../kubernetes/inference-service.js';
import type { ModelWorkload } from '../kubernetes/model-workload.js';
import type { ModelWorkloadProps } from '../kubernetes/model-workload-props.js';
import { NAMESPACE } from '../kubernetes/private/validation.js';
import { serverSize } from '../kubernetes/served-version.js';
import { readsMount } from '../kubernetes/server-validation.js';
import type { Model } from '../model/model.js';
import type { CanaryAddress } from '../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
import { bearer, predictCommand } from '../serving/predict-command.js';
import { type ModelServer, serverOf } from '../serving/servers/model-server.js';
import { startSeconds } from '../serving/servers/server-start.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { google } from '../terraform/bindings/google.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import { stateRequirements } from '../terraform/requirements.js';
import type { ContainerModelProps } from './container-props.js';
import { ContainerHost } from './host.js';
import type { GoogleMetric, RequestMetrics } from './metric.js';
import { nodeArchitecture } from './private/gke/architecture.js';
import { BackendPolicies } from './private/gke/backend-policy.js';
import { ClusterAccess } from './private/gke/cluster.js';
import { HealthCheckPolicies } from './private/gke/health-check-policy.js';
import { GKE } from './private/gke/limits.js';
import { COLLECTOR_NAMESPACES, concurrency, PodMonitoring } from './private/gke/pod-monitoring.js';
import { mountedStore, servedModel } from './private/gke/server.js';
import { gkeTelemetry } from './private/gke/telemetry.js';
import { validateGke } from './private/gke/validation.js';
import { enableApis } from './private/shared/apis.js';
import { bindImage } from './private/shared/image.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from './private/shared/limits.js';
import { LogRetention } from './private/shared/log-retention.js';
import { ModelStore } from './private/shared/model-store.js';
import { autopilotPods, GOOGLE_PRICES } from './private/shared/monthly-cost.js';
import { generatedName } from './private/shared/names.js';
import { projectId } from './private/shared/project.js';
import { GOOGLE_PROVIDER } from './private/shared/provider-versions.js';
import { Telemetry } from './private/shared/telemetry.js';

/** Label and taint of nodes with their processors. */
const ARCHITECTURE_LABEL = 'kubernetes.io/arch';
const GPU_MEMORY_MIB = 16_384;
/** Space for downloaded weights, which fits on the default boot disk of GKE nodes. */
const FETCH_DISK_GIB = 30;

/** Both addresses of the metadata server, which issues Workload Identity tokens. */
const METADATA_SERVER = '169.254.169.252/30';

/** Annotation that makes the load balancer internal, so only clients in the VPC network can reach it. */
const INTERNAL_LOAD_BALANCER = { 'networking.gke.io/load-balancer-type': 'Internal' };

/**
 * Model served by pods on GKE, which read it from a bucket mounted by Cloud Storage FUSE.
 *
 * @example
 * ```ts
 * import { ContainerModel, GkeCluster } from 'modelship/gcp';
 *
 * new ContainerModel(stack, 'Iris', { model, region: 'europe-west4', cluster: GkeCluster.autopilot() });
 * ```
 *
 * @throws ValidationError with all invalid props
 */
export class ContainerModel extends Construct implements ModelEndpoint<GoogleMetric | undefined> {
  /** Model package that the pods serve. */
  readonly model: Model;
  /** Cluster that runs the model, and the provider that connects to it. */
  readonly cluster: ClusterAccess;
  /** Service account of the pods, which can only read the model. */
  readonly serviceAccount: ServiceAccount;
  /** Bucket with the model package. */
  readonly modelStore: ModelStore;
  /** Workload that runs the pods. Set with `ContainerHost.deployment()`. */
  readonly workload?: ModelWorkload;
  /** `InferenceService` that runs the pods. Set with `ContainerHost.kserve()`. */
  readonly inferenceService?: InferenceService;
  /** Security policy that checks requests. Set with `WebAcl.managed()`. */
  readonly securityPolicy?: ComputeSecurityPolicy;
  /** URL of the workload, without a path. */
  readonly url: string;
  /** Log bucket of the model, and the sink that fills it. */
  readonly logRetention: LogRetention;
  /** Dashboard, alert policies and log-based metric of the model. */
  readonly telemetry: Telemetry;

  private readonly requestMetrics?: RequestMetrics;
  private readonly hasJwt: boolean;
  private readonly server: ModelServer;

  constructor(scope: Construct, id: string, props: ContainerModelProps) {
    super(scope, id);
    stateRequirements(this, GOOGLE_PROVIDER);
    validateGke(this, props);
    useProviders(this, props.providers);
    this.model = props.model;
    this.hasJwt = props.access?.kind === 'jwt';
    this.server = serverOf(props);
    this.cluster = new ClusterAccess(this, 'Cluster', props);
    this.modelStore = new ModelStore(this, 'ModelStore', {
      props,
      server: this.server,
      // The stable version was already uploaded, but possibly in the layout of another server.
      others: !this.server.isModelship && props.stableModel ? [props.stableModel] : [],
    });
    this.serviceAccount = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: `Serves the model ${props.model.name}`,
    });

    const workload = this.workloadProps(props);
    const host = props.host ?? ContainerHost.deployment();
    const bound = host.bind(this, workload, {
      egressRanges: [METADATA_SERVER],
      metricsNamespaces: this.server.isModelship ? COLLECTOR_NAMESPACES : undefined,
    });
    this.url = bound.url;
    this.workload = bound.workload;
    this.inferenceService = bound.inferenceService;
    if (this.workload && this.server.isModelship) {
      new PodMonitoring(this, 'PodMonitoring', {
        cluster: this.cluster,
        workload: this.workload,
        // GKE has installed the resource definition by the time pods run.
        dependsOn: [this.workload.deployment],
      });
    }
    if (this.workload && props.exposure?.kind === 'gateway' && props.healthCheckPolicy !== false) {
      new HealthCheckPolicies(this, 'HealthChecks', {
        cluster: this.cluster,
        workload: this.workload,
        readyPath: this.server.spec.readyPath(props.model),
      });
    }
    if (this.workload && props.webAcl) {
      const { cluster, workload } = this;
      const { securityPolicy } = new BackendPolicies(this, 'WebAcl', {
        cluster,
        workload,
        webAcl: props.webAcl,
        props,
      });
      this.securityPolicy = securityPolicy;
    }

    const namespace = props.namespace ?? workload.name;
    const telemetry = gkeTelemetry({
      clusterName: this.cluster.name,
      namespace,
      containerName: host.containerName,
      own: this.server.isModelship,
      isWatched: this.server.isModelship && this.workload !== undefined,
      thresholds: alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, GKE.timeoutSeconds.max),
    });
    this.requestMetrics = telemetry.requestMetrics;
    this.logRetention = new LogRetention(this, 'Logs', { props, filter: telemetry.logFilter });
    this.telemetry = new Telemetry(this, 'Telemetry', { props, options: telemetry });
    annotateMonthlyCost(this, GOOGLE_PRICES, { idle: this.cluster.isAutopilot ? autopilotPods(workload) : [] });
    enableApis(this, props, ['compute', 'container']);
  }

  /** Address of the new version. Set during a canary rollout. */
  get canary(): CanaryAddress | undefined {
    return this.workload?.canary;
  }

  /** URL of prediction requests in the format of TensorFlow Serving's REST API, or of `server`. */
  get predictUrl(): string {
    return `${this.url}${this.server.spec.predictPath(this.model)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl. It reads the JWT of `Access.jwt()` from
   * `TOKEN`. With `Exposure.cluster()`, the default, it must run in a pod of an allowed namespace. Undefined for servers
   * whose request format is unknown: TorchServe and custom ones.
   */
  get predictCommand(): string | undefined {
    const example = this.server.spec.exampleRequest?.(this.model);
    const credentials = this.hasJwt ? bearer('$TOKEN') : [];
    return example && predictCommand({ url: `${this.url}${example.path}`, body: example.body, credentials });
  }

  /**
   * Allows the pods of a namespace to invoke the model.
   *
   * @throws Error if `namespace` is not the name of a namespace, or with `ContainerHost.kserve()`, because Modelship
   * creates no network policy for KServe
   */
  grantInvoke(namespace: string): void {
    if (!Token.isUnresolved(namespace) && !NAMESPACE.test(namespace)) {
      throw new Error(
        `${this.node.path}: grantInvoke() got ${JSON.stringify(namespace)}. Pass the name of a namespace in the cluster: ` +
          'lower-case letters, digits and `-`, at most 63 characters. On GKE callers are pods, not IAM members',
      );
    }
    if (!this.workload) {
      throw new Error(
        `${this.node.path}: KServe controls who may call; write a NetworkPolicy or an Istio AuthorizationPolicy for ` +
          `${namespace}`,
      );
    }
    this.workload.allowFrom(namespace);
  }

  /** Metric for the number of requests. Undefined with KServe or another `server`, which report their own metrics. */
  metricRequests(): GoogleMetric | undefined {
    return this.requestMetrics?.requests;
  }

  /** Metric for the number of requests that failed with a 5xx. */
  metricErrors(): GoogleMetric | undefined {
    return this.requestMetrics?.errors;
  }

  /** Metric for the latency of requests, in seconds. */
  metricLatency(): GoogleMetric | undefined {
    return this.requestMetrics?.latency;
  }

  private workloadProps(props: ContainerModelProps): ModelWorkloadProps {
    const name = generatedName(this, GKE.workloadNameLength);
    const namespace = props.namespace ?? name;
    const architecture = nodeArchitecture(props);
    const own = this.server.isModelship ? bindImage(this, props, () => this.cluster.puller, architecture) : undefined;
    this.cluster.reachInternet(props, own?.uri ?? this.server.spec.image!);
    const tolerations = [
      ...(props.gpu ? [{ key: 'nvidia.com/gpu' }] : []),
      // GKE taints nodes with Arm processors, so that only pods with images for them run there.
      ...(architecture === ImageArchitecture.ARM64 ? [{ key: ARCHITECTURE_LABEL, value: architecture.name }] : []),
    ];
    const isMounted = this.server.isModelship || readsMount(props);
    const size = serverSize(this.server);
    const canary = props.rollout?.canaryOptions;
    const stable = servedModel(this, props, props.stableModel ?? props.model, own?.uri);
    return {
      name,
      namespace: props.namespace,
      provider: this.cluster.provider,
      ...stable,
      ...(canary ? { canary: { ...servedModel(this, props, props.model, own?.uri), percent: canary.percent } } : {}),
      server: this.server,
      ...(isMounted ? mountedStore(this.modelStore.bucketName) : {}),
      diskGib: props.diskGib ?? (this.server.spec.source?.kind === 'hub' ? FETCH_DISK_GIB : undefined),
      secrets: props.secrets,
      startupSeconds: props.startupSeconds ?? startSeconds(this.server),
      cpu: props.cpu ?? size.cpu,
      memoryMib: props.memoryMib ?? (props.gpu ? GPU_MEMORY_MIB : size.memoryMib),
      gpuCount: props.gpu ? 1 : undefined,
      nodeSelector: {
        ...(props.gpu ? { 'cloud.google.com/gke-accelerator': props.gpu.name } : {}),
        ...(architecture === ImageArchitecture.ARM64 ? { [ARCHITECTURE_LABEL]: architecture.name } : {}),
        ...(props.spot ? { 'cloud.google.com/gke-spot': 'true' } : {}),
      },
      tolerations: tolerations.length > 0 ? tolerations : undefined,
      minReplicas: props.minReplicas,
      maxReplicas: props.maxReplicas,
      scalingMetric: props.targetConcurrency === undefined ? undefined : concurrency(props.targetConcurrency),
      serviceAccountAnnotations: { 'iam.gke.io/gcp-service-account': this.serviceAccount.email },
      podLabels: props.labels,
      exposure: internal(props.exposure),
      callerNamespaces: props.callerNamespaces,
      traceNamespaces: props.traceNamespaces,
      dependsOn: [
        ...this.cluster.prerequisites,
        ...(own?.ready ?? []),
        ...this.grantSource(),
        ...this.modelStore.objects,
        this.modelStore.grantRead(this.serviceAccount.member),
        new google.ServiceAccountIamMember(this, 'WorkloadIdentity', {
          serviceAccountId: this.serviceAccount.name,
          role: 'roles/iam.workloadIdentityUser',
          member: `serviceAccount:${projectId(this, props.project)}.svc.id.goog[${namespace}/${name}]`,
          // Google creates the workload identity pool with the first cluster of the project.
          dependsOn: this.cluster.prerequisites,
        }),
      ],
    };
  }

  /** Allows the pods to read the bucket from which the server loads the model by itself. */
  private grantSource(): ITerraformDependable[] {
    const { source } = this.server.spec;
    if (source?.kind !== 'gcs') return [];
    return [
      new google.StorageBucketIamMember(this, 'SourceReader', {
        bucket: source.bucket!,
        role: 'roles/storage.objectViewer',
        member: this.serviceAccount.member,
      }),
    ];
  }
}

function internal(exposure: Exposure | undefined): Exposure | undefined {
  if (exposure?.settings.kind !== 'loadBalancer') return exposure;
  const { options: balancer } = exposure.settings;
  return Exposure.loadBalancer({ ...balancer, annotations: { ...INTERNAL_LOAD_BALANCER, ...balancer.annotations } });
}
