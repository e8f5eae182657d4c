import type { CloudRunV2Service, CloudRunV2ServiceTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import type { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import type { MonitoringUptimeCheckConfig } from '@cdktf/provider-google/lib/monitoring-uptime-check-config';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { DEFAULT_PORT, LIVE_PATH, predictPath, READY_PATH, START_SECONDS } from '@modelship/runtime/contract';
import { Fn, type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Access } from '../serving/access.js';
import { google } from '../terraform/bindings/google.js';
import { runtimeEnvironment } from '../terraform/runtime-environment.js';
import { Ingress, VpcEgress } from './network.js';
import { revisionName, revisionTraffic } from './private/cloud-run/revision.js';
import { cloudRunTelemetry } from './private/cloud-run/telemetry.js';
import { type CloudRunSize, validateCloudRun } from './private/cloud-run/validation.js';
import { grantKey } from './private/shared/encryption.js';
import { bindImage } from './private/shared/image.js';
import { CLOUD_RUN, SERVICE_ACCOUNT_ID_LENGTH } from './private/shared/limits.js';
import { LogRetention } from './private/shared/log-retention.js';
import { ModelStore } from './private/shared/model-store.js';
import { generatedName, shortHash } from './private/shared/names.js';
import { projectVariables, serviceAgent } from './private/shared/project.js';
import { Telemetry } from './private/shared/telemetry.js';
import type { GoogleServingProps } from './props.js';

/** Props of {@link ServerlessModel}. */
export interface ServerlessModelProps extends GoogleServingProps {
  /** The service's name. @default - made from the construct's place in the tree */
  readonly serviceName?: string;

  /** CPUs of an instance: 1, 2, 4, 6 or 8. @default - 1, or 4 with a GPU */
  readonly cpu?: number;

  /**
   * Memory of an instance, in MiB: 512 to 32768, within what its CPUs allow.
   *
   * @default - 1024, or 16384 with a GPU
   */
  readonly memoryMib?: number;

  /** Requests that an instance gets at once, 1 to 1000. The runtime batches them. @default 80 */
  readonly concurrency?: number;

  /** From where the service can be reached. @default Ingress.all(), which still asks callers who they are */
  readonly ingress?: Ingress;

  /** VPC network that the service sends traffic through, by name or full name. @default - none */
  readonly network?: string;

  /** Subnetwork of it, in the region. @default - the one of the network's own name */
  readonly subnetwork?: string;

  /** Network tags of the instances, for firewall rules. @default - none */
  readonly networkTags?: string[];

  /** Which traffic goes through the network. @default VpcEgress.privateRanges() */
  readonly vpcEgress?: VpcEgress;

  /**
   * The revision that keeps the rest of the traffic during a canary: the output `revision` of the deployment before.
   * A second apply with `Rollout.allAtOnce()` ends the canary.
   *
   * @default - none
   */
  readonly stableRevision?: string;

  /**
   * Whether Cloud Monitoring asks the service every five minutes if it is ready. Each check can start an instance.
   *
   * @default false
   */
  readonly uptimeCheck?: boolean;
}

/** Where the bucket with the model is mounted. */
const MODEL_MOUNT = '/mnt/models';

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_CONCURRENCY = 80;

/**
 * A model on Cloud Run: scales to zero, and reads the model from a bucket that is mounted read-only.
 *
 * @throws ValidationError with every prop that is wrong
 */
export class ServerlessModel extends Construct {
  readonly service: CloudRunV2Service;
  /** The identity of the instances, which may read the model and nothing else. */
  readonly serviceAccount: ServiceAccount;
  readonly modelStore: ModelStore;
  readonly logRetention: LogRetention;
  readonly telemetry: Telemetry;
  /** Set if `uptimeCheck` is. */
  readonly uptimeCheck?: MonitoringUptimeCheckConfig;
  /** The revision that this deployment makes, for the `stableRevision` of the next. */
  readonly revision: string;

  private readonly modelName: string;

  constructor(scope: Construct, id: string, props: ServerlessModelProps) {
    super(scope, id);
    const size: CloudRunSize = {
      cpu: props.cpu ?? (props.gpu ? CLOUD_RUN.gpu.minCpus : 1),
      memoryMib: props.memoryMib ?? (props.gpu ? CLOUD_RUN.gpu.minMemoryMib : 1024),
    };
    validateCloudRun(this, props, size);

    const access = props.access ?? Access.cloudIdentity();
    const name = props.serviceName ?? generatedName(this, CLOUD_RUN.serviceName.maxLength);
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    this.modelName = props.model.name;
    this.modelStore = new ModelStore(this, 'ModelStore', props);
    this.serviceAccount = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: `Serves the model ${props.model.name}`,
    });
    const image = bindImage(this, props, () => serviceAgent(this, props.project, 'serverless-robot-prod'));
    const template = this.template(props, size, image.uri, timeoutSeconds);
    this.revision = revisionName(this, name, template, [image.uri, ...Object.values(props.environment ?? {})]);

    this.service = new google.CloudRunV2Service(this, 'Resource', {
      name,
      project: props.project,
      location: props.region,
      labels: props.labels,
      ingress: (props.ingress ?? Ingress.all()).value,
      // A JWT is for the runtime to judge; Cloud Run would refuse a bearer token that Google did not issue.
      invokerIamDisabled: access.kind === 'jwt',
      deletionProtection: false,
      template: { ...template, revision: this.revision },
      traffic: revisionTraffic(this.revision, props),
      dependsOn: [...image.ready, ...this.prerequisites(props)],
    });

    if (access.kind === 'anonymous') this.grantInvoke('allUsers');
    this.logRetention = new LogRetention(this, 'Logs', props, cloudRunTelemetry(name, timeoutSeconds).logFilter);
    this.telemetry = new Telemetry(this, 'Telemetry', props, cloudRunTelemetry(name, timeoutSeconds));
    if (props.uptimeCheck) this.uptimeCheck = this.checkUptime(props, access);
  }

  /** Where the service answers, without a path. */
  get url(): string {
    return this.service.uri;
  }

  /** Where the model answers by TensorFlow Serving's REST API. */
  get predictUrl(): string {
    return `${this.url}${predictPath(this.modelName)}`;
  }

  /**
   * Lets `member` invoke the service and nothing else.
   *
   * @param member an IAM member, such as `serviceAccount:caller@project.iam.gserviceaccount.com`
   */
  grantInvoke(member: string): CloudRunV2ServiceIamMember {
    // A token's text changes with its number, so its place among the grants names it.
    const name = Token.isUnresolved(member)
      ? this.node.children.filter((child) => child.node.id.startsWith('Invoker')).length
      : shortHash(member, 8);
    return new google.CloudRunV2ServiceIamMember(this, `Invoker-${name}`, {
      project: this.service.project,
      location: this.service.location,
      name: this.service.name,
      role: 'roles/run.invoker',
      member,
    });
  }

  private template(
    props: ServerlessModelProps,
    size: CloudRunSize,
    image: string,
    timeoutSeconds: number,
  ): CloudRunV2ServiceTemplate {
    const volume = 'models';
    const environment = {
      ...runtimeEnvironment(props, `${MODEL_MOUNT}/${this.modelStore.prefix}`, timeoutSeconds),
      ...projectVariables(this, props.project),
    };
    return {
      serviceAccount: this.serviceAccount.email,
      // Mounting a bucket needs the second generation.
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
      maxInstanceRequestConcurrency: props.concurrency ?? DEFAULT_CONCURRENCY,
      timeout: `${timeoutSeconds}s`,
      scaling: { minInstanceCount: props.minReplicas ?? 0, maxInstanceCount: props.maxReplicas },
      ...(props.encryptionKey ? { encryptionKey: props.encryptionKey } : {}),
      ...(props.labels ? { labels: props.labels } : {}),
      ...(props.gpu ? { nodeSelector: { accelerator: props.gpu.name }, gpuZonalRedundancyDisabled: true } : {}),
      ...vpcAccess(props),
      volumes: [{ name: volume, gcs: { bucket: this.modelStore.bucketName, readOnly: true } }],
      containers: [
        {
          image,
          ports: { containerPort: DEFAULT_PORT },
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          resources: {
            limits: {
              cpu: `${size.cpu}`,
              memory: `${size.memoryMib}Mi`,
              ...(props.gpu ? { 'nvidia.com/gpu': '1' } : {}),
            },
            // Billed for requests only; with a GPU the CPU is always there.
            cpuIdle: !props.gpu,
            startupCpuBoost: true,
          },
          startupProbe: {
            httpGet: { path: READY_PATH, port: DEFAULT_PORT },
            periodSeconds: STARTUP_PERIOD_SECONDS,
            timeoutSeconds: STARTUP_PERIOD_SECONDS,
            failureThreshold: Math.floor(Math.min(START_SECONDS, CLOUD_RUN.startupSeconds) / STARTUP_PERIOD_SECONDS),
          },
          livenessProbe: {
            httpGet: { path: LIVE_PATH, port: DEFAULT_PORT },
            periodSeconds: 10,
            timeoutSeconds: 5,
            failureThreshold: 3,
          },
          volumeMounts: [{ name: volume, mountPath: MODEL_MOUNT }],
        },
      ],
    };
  }

  /** What must be there before an instance starts. */
  private prerequisites(props: ServerlessModelProps): ITerraformDependable[] {
    const reader = this.modelStore.grantRead(this.serviceAccount.member);
    const key = props.encryptionKey;
    const agent = key && serviceAgent(this, props.project, 'serverless-robot-prod');
    return [...this.modelStore.objects, reader, ...(agent ? [grantKey(this, 'ServiceKey', key, agent)] : [])];
  }

  private checkUptime(props: ServerlessModelProps, access: Access): MonitoringUptimeCheckConfig {
    const identity = access.kind === 'cloudIdentity';
    if (identity) this.grantInvoke(serviceAgent(this, props.project, 'gcp-sa-monitoring-notification'));
    return new google.MonitoringUptimeCheckConfig(this, 'UptimeCheck', {
      project: props.project,
      displayName: `${this.node.path} is ready`,
      timeout: '10s',
      period: '300s',
      monitoredResource: {
        type: 'uptime_url',
        labels: { host: Fn.trimprefix(this.service.uri, 'https://'), project_id: this.service.project },
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

/** Short, because a start is over when a probe says so. */
const STARTUP_PERIOD_SECONDS = 2;

function vpcAccess({ network, subnetwork, networkTags, vpcEgress }: ServerlessModelProps) {
  if (network === undefined && subnetwork === undefined) return {};
  return {
    vpcAccess: {
      egress: (vpcEgress ?? VpcEgress.privateRanges()).value,
      networkInterfaces: [{ network, subnetwork, tags: networkTags }],
    },
  };
}
