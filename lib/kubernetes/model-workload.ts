import type { DeploymentV1, DeploymentV1SpecTemplateSpec } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { HorizontalPodAutoscalerV2 } from '@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2';
import type { IngressV1 } from '@cdktf/provider-kubernetes/lib/ingress-v1';
import type { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import type { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import type { NetworkPolicyV1 } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import type { PodDisruptionBudgetV1 } from '@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1';
import type { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import type { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Construct } from 'constructs';
import type { CanaryAddress } from '../serving/canary-address.js';
import { kubernetes } from '../terraform/bindings/kubernetes.js';
import { stateRequirements } from '../terraform/requirements.js';
import { Exposure, type IngressExposureOptions } from './exposure.js';
import type { ModelVersion, ModelWorkloadProps } from './model-workload-props.js';
import { CANARY_HEADER, httpRoute } from './private/http-route.js';
import { callerPolicy, closedPolicy, metricsPolicy } from './private/network-policy.js';
import {
  CONTAINER_NAME,
  METRICS_PORT_NAME,
  NAME_LABEL,
  PORT_NAME,
  type PodSpec,
  podSpec,
  portOf,
  securityLevel,
} from './private/pod.js';
import { KUBERNETES_PROVIDER } from './private/provider.js';
import { progressDeadlineSeconds, rolloutTimeouts } from './private/rollout-time.js';
import { scaling } from './private/scaling.js';
import { validateWorkload } from './private/validation.js';

/** Port of the services, which forward to the server's port. */
const SERVICE_PORT = 80;
/** Label that distinguishes the stable version from the canary. */
const TRACK_LABEL = 'app.kubernetes.io/component';

/**
 * Model served by an autoscaled Deployment in a Kubernetes cluster. Only the callers you allow can reach it.
 *
 * @throws ValidationError with all invalid props
 */
export class ModelWorkload extends Construct {
  /** Name of the serving container in metrics and logs. */
  static readonly containerName = CONTAINER_NAME;

  /** Name of the pods' metrics port, which is open if `metricsNamespaces` is set. */
  static readonly metricsPortName = METRICS_PORT_NAME;

  /** Name of the objects in the cluster. */
  readonly name: string;
  /** Labels that select the pods of all versions. */
  readonly matchLabels: { [name: string]: string };
  /** New namespace. Undefined if an existing namespace is used. */
  readonly namespace?: NamespaceV1;
  /** Name of the namespace, new or existing. */
  readonly namespaceName: string;
  /** Kubernetes service account of the pods. */
  readonly serviceAccount: ServiceAccountV1;
  /** Deployment of the stable version. */
  readonly deployment: DeploymentV1;
  /** Service of the stable version. */
  readonly service: ServiceV1;
  /** Autoscaler of the stable version. Undefined if another autoscaler changes the replicas. */
  readonly autoscaler?: HorizontalPodAutoscalerV2;
  /** Disruption budget, which allows one unavailable pod. */
  readonly disruptionBudget: PodDisruptionBudgetV1;
  /** Network policy that restricts ingress and egress of the pods. */
  readonly networkPolicy: NetworkPolicyV1;
  /** Deployment of the canary. Set during a canary rollout. */
  readonly canaryDeployment?: DeploymentV1;
  /** Service of the canary. Set during a canary rollout. */
  readonly canaryService?: ServiceV1;
  /** Ingress of the workload. Set with `Exposure.ingress()`. */
  readonly ingress?: IngressV1;
  /** HTTPRoute of the workload. Set with `Exposure.gateway()`. */
  readonly route?: Manifest;

  private readonly exposure: Exposure;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ModelWorkloadProps,
  ) {
    super(scope, id);
    stateRequirements(this, KUBERNETES_PROVIDER);
    validateWorkload(this, props);
    this.exposure = props.exposure ?? Exposure.cluster();
    const { name } = props;
    this.name = name;
    this.matchLabels = { [NAME_LABEL]: name };

    if (props.namespace === undefined) this.namespace = this.makeNamespace();
    this.namespaceName = this.namespace?.metadata.name ?? props.namespace!;
    this.serviceAccount = new kubernetes.ServiceAccountV1(this, 'ServiceAccount', {
      ...this.inCluster,
      metadata: { ...this.metadata(), annotations: props.serviceAccountAnnotations },
      automountServiceAccountToken: false,
    });
    this.networkPolicy = new kubernetes.NetworkPolicyV1(this, 'NetworkPolicy', {
      ...this.inCluster,
      metadata: this.metadata(),
      spec: closedPolicy(
        name,
        portOf(props),
        this.exposure.sourceRanges,
        props.egressRanges ?? [],
        props.traceNamespaces ?? [],
      ),
    });
    for (const caller of props.callerNamespaces ?? []) this.allowFrom(caller);
    if (props.metricsNamespaces) {
      new kubernetes.NetworkPolicyV1(this, 'MetricsPolicy', {
        ...this.inCluster,
        metadata: this.metadata(`${name}-metrics`),
        spec: metricsPolicy(name, props.metricsNamespaces),
      });
    }
    this.deployment = this.deploy('Deployment', name, 'stable', props);
    this.service = this.serve('Service', name, 'stable');
    if (props.autoscaling !== false) this.autoscaler = this.autoscale('Autoscaler', this.deployment);
    this.disruptionBudget = new kubernetes.PodDisruptionBudgetV1(this, 'DisruptionBudget', {
      ...this.inCluster,
      metadata: this.metadata(),
      spec: { maxUnavailable: '1', selector: { matchLabels: { [NAME_LABEL]: name } } },
    });
    const weights = [{ name, weight: 100 - (props.canary?.percent ?? 0) }];
    if (props.canary) {
      const canaryName = `${name}-canary`;
      this.canaryDeployment = this.deploy('CanaryDeployment', canaryName, 'canary', props.canary);
      this.canaryService = this.serve('CanaryService', canaryName, 'canary');
      if (props.autoscaling !== false) this.autoscale('CanaryAutoscaler', this.canaryDeployment);
      weights.push({ name: canaryName, weight: props.canary.percent });
    }
    const { settings } = this.exposure;
    if (settings.kind === 'ingress') this.ingress = this.makeIngress(settings.options);
    if (settings.kind === 'gateway') {
      this.route = new kubernetes.Manifest(this, 'Route', {
        ...this.inCluster,
        manifest: httpRoute(name, this.namespaceName, settings.options, weights, SERVICE_PORT),
        dependsOn: [...(props.clusterReady ?? []), this.service],
      });
    }
  }

  /** URL of the workload, without a path. */
  get url(): string {
    const { settings } = this.exposure;
    if (settings.kind === 'cluster') return `http://${this.props.name}.${this.namespaceName}.svc.cluster.local`;
    if (settings.kind !== 'loadBalancer') return `https://${settings.options.host}`;
    return `http://${this.service.status.get(0).loadBalancer.get(0).ingress.get(0).ip}`;
  }

  /** Address of the canary. Set during a canary rollout. */
  get canary(): CanaryAddress | undefined {
    if (!this.canaryService) return undefined;
    return { url: this.url, headers: { [CANARY_HEADER.name]: CANARY_HEADER.value } };
  }

  /** Services keyed by version: `stable`, and `canary` during a canary rollout. */
  get services(): { readonly [version: string]: ServiceV1 } {
    return { stable: this.service, ...(this.canaryService ? { canary: this.canaryService } : {}) };
  }

  /** Allows the pods of `namespace` to invoke the model. */
  allowFrom(namespace: string): NetworkPolicyV1 {
    return new kubernetes.NetworkPolicyV1(this, `Caller-${namespace}`, {
      ...this.inCluster,
      metadata: this.metadata(`${this.props.name}-from-${namespace}`),
      spec: callerPolicy(this.props.name, portOf(this.props), namespace),
    });
  }

  private makeNamespace(): NamespaceV1 {
    const level = securityLevel(this.props);
    return new kubernetes.NamespaceV1(this, 'Namespace', {
      ...this.inCluster,
      metadata: {
        name: this.props.name,
        labels: Object.fromEntries(
          ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]),
        ),
      },
    });
  }

  /** Terraform meta-arguments of every object in the cluster. */
  private get inCluster() {
    return { provider: this.props.provider, dependsOn: this.props.clusterReady };
  }

  private metadata(name = this.props.name) {
    return { name, namespace: this.namespaceName, labels: { [NAME_LABEL]: this.props.name } };
  }

  private deploy(id: string, name: string, track: string, version: ModelVersion): DeploymentV1 {
    const { props } = this;
    const labels = { [NAME_LABEL]: props.name, [TRACK_LABEL]: track };
    return new kubernetes.DeploymentV1(this, id, {
      ...this.inCluster,
      metadata: this.metadata(name),
      // `replicas` is not set because the autoscaler manages it.
      spec: {
        selector: { matchLabels: labels },
        progressDeadlineSeconds: progressDeadlineSeconds(props),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '0', maxSurge: '1' } },
        template: {
          metadata: { labels: { ...props.podLabels, ...labels }, annotations: props.podAnnotations },
          spec: providerPodSpec(podSpec(props, version, this.serviceAccount.metadata.name)),
        },
      },
      timeouts: rolloutTimeouts(props),
      dependsOn: [...(props.clusterReady ?? []), ...(props.dependsOn ?? []), this.networkPolicy],
    });
  }

  private serve(id: string, name: string, track: string): ServiceV1 {
    const { settings } = this.exposure;
    const balancer = settings.kind === 'loadBalancer' ? settings.options : undefined;
    return new kubernetes.ServiceV1(this, id, {
      ...this.inCluster,
      metadata: { ...this.metadata(name), annotations: balancer?.annotations },
      waitForLoadBalancer: balancer !== undefined,
      spec: {
        type: balancer ? 'LoadBalancer' : 'ClusterIP',
        // `Local` preserves client addresses. The network policy would reject the addresses of forwarding nodes.
        externalTrafficPolicy: balancer ? 'Local' : undefined,
        loadBalancerSourceRanges: balancer?.sourceRanges,
        selector: { [NAME_LABEL]: this.props.name, [TRACK_LABEL]: track },
        port: [{ name: PORT_NAME, port: SERVICE_PORT, targetPort: PORT_NAME, protocol: 'TCP' }],
      },
    });
  }

  private autoscale(id: string, deployment: DeploymentV1): HorizontalPodAutoscalerV2 {
    const { minReplicas, maxReplicas, targetCpuPercent } = scaling(this.props);
    const name = deployment.metadata.name;
    const { scalingMetric } = this.props;
    return new kubernetes.HorizontalPodAutoscalerV2(this, id, {
      ...this.inCluster,
      metadata: this.metadata(name),
      spec: {
        minReplicas,
        maxReplicas,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        metric: [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: targetCpuPercent },
            },
          },
          ...(scalingMetric
            ? [
                {
                  type: 'Pods',
                  pods: {
                    metric: { name: scalingMetric.name },
                    target: { type: 'AverageValue', averageValue: `${scalingMetric.targetAverage}` },
                  },
                },
              ]
            : []),
        ],
      },
    });
  }

  private makeIngress({ className, host, tlsSecretName, annotations }: IngressExposureOptions): IngressV1 {
    return new kubernetes.IngressV1(this, 'Ingress', {
      ...this.inCluster,
      metadata: { ...this.metadata(), annotations },
      spec: {
        ingressClassName: className,
        tls: [{ hosts: [host], secretName: tlsSecretName }],
        rule: [
          {
            host,
            http: {
              path: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: this.service.metadata.name, port: { number: SERVICE_PORT } } },
                },
              ],
            },
          },
        ],
      },
    });
  }
}

/** Converts a pod specification to the Terraform provider's format: singular list names, and user IDs as strings. */
function providerPodSpec(pod: PodSpec): DeploymentV1SpecTemplateSpec {
  const { containers, volumes, tolerations, topologySpreadConstraints, securityContext, ...same } = pod;
  return {
    ...same,
    securityContext: {
      ...securityContext,
      runAsUser: `${securityContext.runAsUser}`,
      runAsGroup: `${securityContext.runAsGroup}`,
      fsGroup: `${securityContext.fsGroup}`,
    },
    toleration: tolerations,
    topologySpreadConstraint: topologySpreadConstraints.map(({ labelSelector, ...constraint }) => ({
      ...constraint,
      labelSelector: [labelSelector],
    })),
    container: containers.map(({ ports, volumeMounts, lifecycle, ...container }) => ({
      ...container,
      port: ports,
      volumeMount: volumeMounts,
      lifecycle: { preStop: [lifecycle.preStop] },
    })),
    volume: volumes,
  };
}
