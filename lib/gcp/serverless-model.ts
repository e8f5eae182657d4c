import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import type { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import type { MonitoringUptimeCheckConfig } from '@cdktf/provider-google/lib/monitoring-uptime-check-config';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { predictPath, READY_PATH } from '@modelship/runtime/contract';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import type { CanaryAddress } from '../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { inferRequest } from '../serving/example-request.js';
import { bearer, predictCommand } from '../serving/predict-command.js';
import { afterRoles } from '../terraform/after-roles.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { google } from '../terraform/bindings/google.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import { stateRequirements } from '../terraform/requirements.js';
import type { Grantee } from './grantee.js';
import type { GoogleMetric, RequestMetrics } from './metric.js';
import { CLOUD_RUN } from './private/cloud-run/limits.js';
import { LoadBalancer } from './private/cloud-run/load-balancer.js';
import { revisionName, revisionTraffic, tagUrl } from './private/cloud-run/revision.js';
import { grantSecrets } from './private/cloud-run/secrets.js';
import { cloudRunApis, cloudRunIngress, cloudRunSize, revisionTemplate } from './private/cloud-run/server.js';
import { cloudRunTelemetry } from './private/cloud-run/telemetry.js';
import { validateCloudRun } from './private/cloud-run/validation.js';
import { enableApis } from './private/shared/apis.js';
import { grantKey } from './private/shared/encryption.js';
import { bindImage } from './private/shared/image.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from './private/shared/limits.js';
import { LogRetention } from './private/shared/log-retention.js';
import { grantId, requireMember } from './private/shared/member.js';
import { ModelStore } from './private/shared/model-store.js';
import { GOOGLE_PRICES } from './private/shared/monthly-cost.js';
import { generatedName } from './private/shared/names.js';
import { GOOGLE_PROVIDER } from './private/shared/provider-versions.js';
import { serviceAgent } from './private/shared/service-agent.js';
import { Telemetry } from './private/shared/telemetry.js';
import type { ServerlessModelProps } from './serverless-props.js';

/** Options of curl that authenticate callers, by the kind of access. */
const CREDENTIALS: Partial<Record<Access['kind'], readonly string[]>> = {
  cloudIdentity: bearer('$(gcloud auth print-identity-token)'),
  jwt: bearer('$TOKEN'),
};

/**
 * Model served by a Cloud Run service. It scales to zero and reads the model from a bucket mounted read-only.
 *
 * @example
 * ```ts
 * import { ServerlessModel } from 'modelship/gcp';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4' });
 * endpoint.grantInvoke('serviceAccount:caller@my-project.iam.gserviceaccount.com');
 * ```
 *
 * @throws ValidationError with all invalid props
 */
export class ServerlessModel extends Construct implements ModelEndpoint<GoogleMetric> {
  /** Model package that the service runs. */
  readonly model: Model;
  /** Cloud Run service. */
  readonly service: CloudRunV2Service;
  /** Service account of the instances, which can only read the model. */
  readonly serviceAccount: ServiceAccount;
  /** Bucket with the model package. */
  readonly modelStore: ModelStore;
  /** Log bucket of the service, and the sink that fills it. */
  readonly logRetention: LogRetention;
  /** Dashboard, alert policies and log-based metric of the service. */
  readonly telemetry: Telemetry;
  /** Load balancer in front of the service. Set if `domainName` is set. */
  readonly loadBalancer?: LoadBalancer;
  /** Uptime check of the service. Set if `uptimeCheck` is true. */
  readonly uptimeCheck?: MonitoringUptimeCheckConfig;
  /** Name of the revision that this deployment creates. Pass it as `stableRevision` to the next deployment. */
  readonly revision: string;

  /** URL of the service, without a path. */
  readonly url: string;

  private readonly access: Access;
  private readonly hasCanary: boolean;
  private readonly requestMetrics: RequestMetrics;

  constructor(scope: Construct, id: string, props: ServerlessModelProps) {
    super(scope, id);
    stateRequirements(this, GOOGLE_PROVIDER);
    validateCloudRun(this, props);
    useProviders(this, props.providers);
    const size = cloudRunSize(props);

    const access = props.access ?? Access.cloudIdentity();
    this.access = access;
    this.model = props.model;
    this.hasCanary = props.rollout?.kind === 'canary';
    const name = props.serviceName ?? generatedName(this, CLOUD_RUN.serviceName.maxLength);
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    this.modelStore = new ModelStore(this, 'ModelStore', { props });
    this.serviceAccount = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: `Serves the model ${props.model.name}`,
    });
    const image = bindImage(this, props, () => serviceAgent(this, props.project, 'run'));
    const template = revisionTemplate(this, props, {
      size,
      image: image.uri,
      timeoutSeconds,
      serviceAccount: this.serviceAccount,
      modelStore: this.modelStore,
    });
    this.revision = revisionName(this, name, template, [
      image.uri,
      ...Object.values({ ...props.environment, ...props.secrets }),
    ]);

    this.service = new google.CloudRunV2Service(this, 'Resource', {
      name,
      project: props.project,
      location: props.region,
      labels: props.labels,
      ingress: cloudRunIngress(props).value,
      // Callers of the domain have tokens for it. Cloud Run accepts only its own URL otherwise.
      customAudiences: props.domainName === undefined ? undefined : [`https://${props.domainName}`],
      // The runtime verifies JWTs. Cloud Run would reject bearer tokens that Google did not issue.
      invokerIamDisabled: access.kind === 'jwt',
      deletionProtection: false,
      template: { ...template, revision: this.revision },
      traffic: revisionTraffic(this.revision, props),
      dependsOn: [...image.ready, ...this.prerequisites(props)],
    });

    if (props.domainName !== undefined) {
      const { service } = this;
      this.loadBalancer = new LoadBalancer(this, 'LoadBalancer', { service, domainName: props.domainName, props });
    }
    this.url = props.domainName === undefined ? this.service.uri : `https://${props.domainName}`;

    if (access.kind === 'anonymous') this.allow({ member: 'allUsers' });
    const thresholds = alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, CLOUD_RUN.timeoutSeconds.max);
    const telemetry = cloudRunTelemetry(name, thresholds);
    this.requestMetrics = telemetry.requestMetrics;
    this.logRetention = new LogRetention(this, 'Logs', { props, filter: telemetry.logFilter });
    this.telemetry = new Telemetry(this, 'Telemetry', { props, options: telemetry });
    annotateMonthlyCost(this, GOOGLE_PRICES);
    if (props.uptimeCheck) this.uptimeCheck = this.checkUptime(props, access);
    enableApis(this, props, cloudRunApis(props));
  }

  /**
   * Address of the new version, the URL of its tag. Set during a canary rollout. With a `domainName` it is reachable from
   * the VPC alone.
   */
  get canary(): CanaryAddress | undefined {
    return this.hasCanary ? { url: tagUrl(this.service.uri) } : undefined;
  }

  /** URL of prediction requests in the format of TensorFlow Serving's REST API. */
  get predictUrl(): string {
    return `${this.url}${predictPath(this.model.name)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl, in the Open Inference Protocol. It gets an
   * identity token from `gcloud`, or reads the JWT from `TOKEN`.
   */
  get predictCommand(): string {
    const { path, body } = inferRequest(this.model);
    return predictCommand({ url: `${this.url}${path}`, body, credentials: CREDENTIALS[this.access.kind] ?? [] });
  }

  /**
   * Allows `member` to invoke the service and nothing else.
   *
   * @param member an IAM member, such as `serviceAccount:caller@project.iam.gserviceaccount.com`
   * @throws Error if `access` is not `Access.cloudIdentity()`, or `member` is not an IAM member or stands for everyone
   */
  grantInvoke(member: string): CloudRunV2ServiceIamMember {
    if (this.access.kind !== 'cloudIdentity') {
      throw new Error(
        `${this.node.path}: grantInvoke() has no effect with Access.${this.access.kind}(). Cloud Run checks IAM only ` +
          'with Access.cloudIdentity()',
      );
    }
    return this.allow({ member: requireMember(this, member, 'Use Access.anonymous() to allow all callers') });
  }

  /** Metric for the number of requests. */
  metricRequests(): GoogleMetric {
    return this.requestMetrics.requests;
  }

  /** Metric for the number of requests that failed with a 5xx. */
  metricErrors(): GoogleMetric {
    return this.requestMetrics.errors;
  }

  /** Metric for the latency of requests, in milliseconds. */
  metricLatency(): GoogleMetric {
    return this.requestMetrics.latency;
  }

  private allow({ member, dependsOn = [] }: Grantee): CloudRunV2ServiceIamMember {
    return new google.CloudRunV2ServiceIamMember(this, grantId(this, 'Invoker', member), {
      project: this.service.project,
      location: this.service.location,
      name: this.service.name,
      role: 'roles/run.invoker',
      member,
      dependsOn: [...dependsOn],
    });
  }

  /** Creates the resources that must exist before an instance starts. */
  private prerequisites(props: ServerlessModelProps): ITerraformDependable[] {
    const reader = this.modelStore.grantRead(this.serviceAccount.member);
    const key = props.encryptionKey;
    const agent = key && serviceAgent(this, props.project, 'run');
    const roles = [
      reader,
      ...grantSecrets(this, props, this.serviceAccount.member),
      ...(agent ? [grantKey(this, 'ServiceKey', key, agent)] : []),
    ];
    return [...this.modelStore.objects, afterRoles(this, 'RolesKnown', roles)];
  }

  private checkUptime(props: ServerlessModelProps, access: Access): MonitoringUptimeCheckConfig {
    const identity = access.kind === 'cloudIdentity';
    if (identity) this.allow(serviceAgent(this, props.project, 'monitoring'));
    return new google.MonitoringUptimeCheckConfig(this, 'UptimeCheck', {
      project: props.project,
      displayName: `${this.node.path} is ready`,
      timeout: '10s',
      period: '300s',
      monitoredResource: {
        type: 'uptime_url',
        labels: {
          host: props.domainName ?? Fn.trimprefix(this.service.uri, 'https://'),
          project_id: this.service.project,
        },
      },
      httpCheck: {
        path: READY_PATH,
        port: 443,
        useSsl: true,
        validateSsl: true,
        ...(identity ? { serviceAgentAuthentication: { type: 'OIDC_TOKEN' } } : {}),
      },
    });
  }
}
