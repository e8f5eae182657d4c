import type { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role';
import type { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { VertexAiEndpoint } from '@cdktf/provider-google/lib/vertex-ai-endpoint';
import { Fn, type ITerraformDependable, ref, type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { bearer, predictCommand } from '../serving/predict-command.js';
import { managedRequest } from '../serving/servers/managed-request.js';
import { serverOf } from '../serving/servers/model-server.js';
import { afterRoles } from '../terraform/after-roles.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { google } from '../terraform/bindings/google.js';
import { fraction } from '../terraform/fraction.js';
import { GenericResource } from '../terraform/generic.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { prefixedPath, shortHash } from '../terraform/names.js';
import { useProviders } from '../terraform/providers.js';
import { stateRequirements } from '../terraform/requirements.js';
import { lifetimeSuffix } from '../terraform/terraform-data.js';
import type { ManagedEndpointModelProps } from './managed-endpoint-props.js';
import type { GoogleMetric, RequestMetrics } from './metric.js';
import { enableApis } from './private/shared/apis.js';
import { grantKey } from './private/shared/encryption.js';
import { bindImage } from './private/shared/image.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from './private/shared/limits.js';
import { LogRetention } from './private/shared/log-retention.js';
import { grantId, requireMember } from './private/shared/member.js';
import { ModelStore } from './private/shared/model-store.js';
import { GOOGLE_PRICES } from './private/shared/monthly-cost.js';
import { generatedName } from './private/shared/names.js';
import { projectId } from './private/shared/project.js';
import { GOOGLE_PROVIDER } from './private/shared/provider-versions.js';
import { restfulProvider } from './private/shared/restful.js';
import { serviceAgent } from './private/shared/service-agent.js';
import { Telemetry } from './private/shared/telemetry.js';
import { bindServerImage } from './private/vertex/image.js';
import { VERTEX } from './private/vertex/limits.js';
import { containerSpec } from './private/vertex/server.js';
import { vertexTelemetry } from './private/vertex/telemetry.js';
import { isDedicated, validateImage, validateVertex } from './private/vertex/validation.js';
import { VertexVersion } from './private/vertex/version.js';

const DEFAULT_MACHINE_TYPE = 'e2-standard-4';
const DEFAULT_TARGET_CPU_PERCENT = 60;
const DEFAULT_MAX_REPLICAS = 3;
/**
 * Maximum length without the suffix. The limit with the suffix is 64:
 * https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create
 */
const CUSTOM_ROLE_ID_LENGTH = 55;

/**
 * Model served by a custom container on a Vertex AI endpoint.
 *
 * The endpoint is a Terraform resource. No resource exists to upload and deploy models, so the provider
 * `magodo/restful` calls the REST API. Terraform installs this provider like any other.
 *
 * @example
 * ```ts
 * import { ManagedEndpointModel } from 'modelship/gcp';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, region: 'europe-west4', instanceType: 'e2-standard-4' });
 * ```
 *
 * @throws ValidationError with all invalid props
 */
export class ManagedEndpointModel extends Construct implements ModelEndpoint<GoogleMetric> {
  /** Model package of the newest version. */
  readonly model: Model;
  /** Vertex AI endpoint. */
  readonly endpoint: VertexAiEndpoint;
  /** Service account of the replicas, which can only read the model. */
  readonly serviceAccount: ServiceAccount;
  /** Bucket with the model package. */
  readonly modelStore: ModelStore;
  /** Deployed versions: one, or two during a canary rollout. */
  readonly versions: readonly VertexVersion[];
  /** API call that splits the traffic. */
  readonly traffic: GenericResource;
  /** Log bucket of the endpoint, and the sink that fills it. */
  readonly logRetention: LogRetention;
  /** Dashboard, alert policies and log-based metric of the endpoint. */
  readonly telemetry: Telemetry;

  private readonly project: string;
  private readonly requestMetrics: RequestMetrics;
  private invokerRole?: ProjectIamCustomRole;
  private readonly dedicated: boolean;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ManagedEndpointModelProps,
  ) {
    super(scope, id);
    stateRequirements(this, GOOGLE_PROVIDER);
    validateVertex(this, props);
    useProviders(this, props.providers);
    this.model = props.model;
    const vertexAgent = () => serviceAgent(this, props.project, 'aiplatform');
    const foreign = props.server?.spec.image;
    const runtime = foreign === undefined ? bindImage(this, props, vertexAgent) : undefined;
    if (runtime) validateImage(this, props, runtime.uri);
    const { uri: image, ready } = runtime ?? bindServerImage(this, props, foreign!, vertexAgent);
    this.project = projectId(this, props.project);
    this.dedicated = isDedicated(props);
    const endpointId = props.endpointName ?? `${Number.parseInt(shortHash(prefixedPath(this), 8), 16) || 1}`;
    const key = props.encryptionKey;
    const granted = key ? [grantKey(this, 'EndpointKey', key, vertexAgent())] : [];

    this.modelStore = new ModelStore(this, 'ModelStore', {
      props,
      server: props.server,
      // An earlier apply may have uploaded the stable model in the layout of another server.
      others: foreign !== undefined && props.stableModel ? [props.stableModel] : [],
    });
    this.serviceAccount = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: `Serves the model ${props.model.name}`,
    });
    this.endpoint = this.makeEndpoint(endpointId, granted);

    const provider = restfulProvider(
      this,
      `vertex-${Token.isUnresolved(props.region) ? this.node.addr : props.region}`,
      `https://${props.region}-aiplatform.googleapis.com/v1`,
    );
    const parent = `/projects/${this.project}/locations/${props.region}`;
    const endpointPath = `${parent}/endpoints/${this.endpoint.name}`;
    const readers = [this.modelStore.grantRead(this.serviceAccount.member), ...this.readWeights()];
    const prerequisites = [...granted, ...ready, ...this.modelStore.objects, afterRoles(this, 'RolesKnown', readers)];
    const models = props.stableModel ? [props.stableModel, props.model] : [props.model];
    const versions: VertexVersion[] = [];
    for (const model of models) {
      const after = versions.map(({ deployment }) => deployment);
      versions.push(this.version(model, image, provider, parent, endpointPath, prerequisites, after));
    }
    this.versions = versions;
    this.traffic = this.splitTraffic(provider, endpointPath);

    const { needsGpu } = serverOf(props).spec;
    const telemetry = vertexTelemetry(
      endpointId,
      alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, VERTEX.dedicatedTimeoutSeconds),
      needsGpu,
    );
    this.requestMetrics = telemetry.requestMetrics;
    this.logRetention = new LogRetention(this, 'Logs', { props, filter: telemetry.logFilter });
    this.telemetry = new Telemetry(this, 'Telemetry', { props, options: telemetry });
    annotateMonthlyCost(this, GOOGLE_PRICES);
    enableApis(this, props, ['aiplatform', ...(props.privateServiceConnectProjects ? ['compute'] : [])]);
  }

  /** URL of the endpoint. Append `:predict`, `:rawPredict` or `:explain` to invoke it. */
  get url(): string {
    const { region } = this.props;
    const host = this.dedicated ? this.dedicatedHost : `${region}-aiplatform.googleapis.com`;
    return `https://${host}/v1/projects/${this.project}/locations/${region}/endpoints/${this.endpoint.name}`;
  }

  /**
   * URL of prediction requests. It ends with `:predict` for servers that accept Vertex AI's format,
   * `{"instances": […]}`. Other servers use their own format with `:rawPredict`, or `:streamRawPredict` for streaming.
   */
  get predictUrl(): string {
    const { speaksInstances, streams } = serverOf(this.props).spec;
    if (speaksInstances) return `${this.url}:predict`;
    return `${this.url}:${streams ? 'streamRawPredict' : 'rawPredict'}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl and an access token from `gcloud`. Undefined
   * for custom servers, whose request format is unknown.
   */
  get predictCommand(): string | undefined {
    const example = managedRequest(serverOf(this.props).spec, this.model);
    const credentials = bearer('$(gcloud auth print-access-token)');
    return example && predictCommand({ url: this.predictUrl, body: example.body, credentials });
  }

  /**
   * Allows `member` to request predictions and explanations, and nothing else. Vertex AI has no permissions on single
   * endpoints, so the role is granted on the project and also covers the project's other endpoints.
   *
   * @param member an IAM member, such as `serviceAccount:caller@project.iam.gserviceaccount.com`
   * @throws Error if `member` is not an IAM member, or stands for everyone
   */
  grantInvoke(member: string): ProjectIamMember {
    requireMember(this, member, 'Vertex AI requires an identity. Use ServerlessModel with Access.anonymous()');
    this.invokerRole ??= new google.ProjectIamCustomRole(this, 'InvokerRole', {
      project: this.props.project,
      // The id of a deleted role cannot be reused for 37 days.
      roleId: `${generatedName(this, CUSTOM_ROLE_ID_LENGTH).replaceAll('-', '_')}_${lifetimeSuffix(this, 'InvokerLifetime')}`,
      title: 'Invoke Vertex AI endpoints',
      permissions: ['aiplatform.endpoints.predict', 'aiplatform.endpoints.explain'],
    });
    return new google.ProjectIamMember(this, grantId(this, 'Invoker', member), {
      project: this.project,
      role: this.invokerRole.name,
      member,
    });
  }

  /** Metric for the number of requests. */
  metricRequests(): GoogleMetric {
    return this.requestMetrics.requests;
  }

  /** Metric for the number of requests that failed with an error. */
  metricErrors(): GoogleMetric {
    return this.requestMetrics.errors;
  }

  /** Metric for the latency of requests, in milliseconds. */
  metricLatency(): GoogleMetric {
    return this.requestMetrics.latency;
  }

  /** Host of a dedicated endpoint. Google assigns it at the first deployment, so the later traffic call returns it. */
  private get dedicatedHost(): string {
    const { fqn } = this.traffic;
    return Fn.trimprefix(Token.asString(ref(`${fqn}.output.dedicatedEndpointDns`)), 'https://');
  }

  /** Allows the replicas to read the bucket from which the server loads the model by itself. */
  private readWeights(): ITerraformDependable[] {
    const { source } = serverOf(this.props).spec;
    if (source?.kind !== 'gcs' || source.bucket === undefined) return [];
    return [
      new google.StorageBucketIamMember(this, 'WeightsReader', {
        bucket: source.bucket,
        role: 'roles/storage.objectViewer',
        member: this.serviceAccount.member,
      }),
    ];
  }

  private makeEndpoint(name: string, granted: ITerraformDependable[]): VertexAiEndpoint {
    const { props } = this;
    const projects = props.privateServiceConnectProjects;
    return new google.VertexAiEndpoint(this, 'Resource', {
      name,
      displayName: this.node.path,
      project: props.project,
      location: props.region,
      region: props.region,
      labels: props.labels,
      ...(this.dedicated ? { dedicatedEndpointEnabled: true } : {}),
      ...(projects
        ? { privateServiceConnectConfig: { enablePrivateServiceConnect: true, projectAllowlist: projects } }
        : {}),
      ...(props.encryptionKey ? { encryptionSpec: { kmsKeyName: props.encryptionKey } } : {}),
      ...(props.dataCapture
        ? {
            predictRequestResponseLoggingConfig: {
              enabled: true,
              samplingRate: fraction(props.dataCapture.samplingPercent ?? 100),
              bigqueryDestination: { outputUri: props.dataCapture.table },
            },
          }
        : {}),
      // The traffic split refers to deployed models, which need the endpoint first, so it is a separate resource.
      lifecycle: { ignoreChanges: ['traffic_split'] },
      dependsOn: granted,
    });
  }

  private version(
    model: Model,
    image: string,
    provider: TerraformProvider,
    parent: string,
    endpointPath: string,
    dependsOn: ITerraformDependable[],
    after: ITerraformDependable[],
  ): VertexVersion {
    const { props } = this;
    const { minReplicas = 1, maxReplicas = Math.max(minReplicas, DEFAULT_MAX_REPLICAS) } = props;
    const machineType = props.instanceType ?? props.gpu?.instanceType ?? DEFAULT_MACHINE_TYPE;
    const targetCpuPercent = props.targetCpuPercent ?? DEFAULT_TARGET_CPU_PERCENT;
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const busy = serverOf(props).spec.needsGpu ? 'accelerator/duty_cycle' : 'cpu/utilization';
    const { gpu, labels, encryptionKey, explanations } = props;
    return new VertexVersion(this, {
      provider,
      parent,
      endpointPath,
      name: model.name.toLowerCase(),
      dependsOn,
      after,
      inputs: [image, ...plainValues(props)],
      model: {
        displayName: `${model.name} ${model.version}`,
        versionDescription: model.digest,
        labels,
        containerSpec: containerSpec(this, props, {
          model,
          image,
          bucketName: this.modelStore.bucketName,
          timeoutSeconds,
        }),
        ...(encryptionKey ? { encryptionSpec: { kmsKeyName: encryptionKey } } : {}),
        ...(explanations ? { explanationSpec: shapley(model, explanations.samples) } : {}),
      },
      deployment: {
        displayName: `${model.name} ${model.version}`,
        serviceAccount: this.serviceAccount.email,
        enableAccessLogging: true,
        dedicatedResources: {
          machineSpec: { machineType, ...(gpu ? { acceleratorType: gpu.vertexName, acceleratorCount: 1 } : {}) },
          minReplicaCount: minReplicas,
          maxReplicaCount: maxReplicas,
          autoscalingMetricSpecs: [
            { metricName: `aiplatform.googleapis.com/prediction/online/${busy}`, target: targetCpuPercent },
          ],
        },
      },
    });
  }

  private splitTraffic(provider: TerraformProvider, endpointPath: string): GenericResource {
    const canary = this.props.rollout?.canaryOptions?.percent;
    const shares = canary === undefined ? [100] : [100 - canary, canary];
    const updateMask = { updateMask: ['trafficSplit'] };
    return new GenericResource(this, 'Traffic', {
      type: 'restful_operation',
      provider,
      dependsOn: this.versions.map((version) => version.deployment),
      attributes: {
        path: endpointPath,
        method: 'PATCH',
        query: updateMask,
        precheck: [{ mutex: endpointPath }],
        body: {
          trafficSplit: Object.fromEntries(
            this.versions.map((version, index) => [version.deployedModelId, shares[index]]),
          ),
        },
        // Vertex AI cannot undeploy a version that still receives traffic.
        delete_path: endpointPath,
        delete_method: 'PATCH',
        delete_body: { trafficSplit: {} },
      },
    });
  }
}

/** Creates the explanation settings. Vertex AI identifies features and outputs by the names of the tensors. */
function shapley({ manifest }: Model, pathCount: number) {
  const named = (tensors: readonly { name: string }[], value: (name: string) => object) =>
    Object.fromEntries(tensors.map(({ name }) => [name, value(name)]));
  return {
    parameters: { sampledShapleyAttribution: { pathCount } },
    metadata: {
      inputs: named(manifest.inputs, () => ({})),
      outputs: named(manifest.outputs, (outputTensorName) => ({ outputTensorName })),
    },
  };
}

/** Collects the strings and numbers in nested plain objects and arrays. */
function plainValues(value: unknown): unknown[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(plainValues);
  const isPlain = value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value).flatMap(plainValues) : [];
}
