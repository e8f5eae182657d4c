import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { requireTool } from '../tools.js';

// biome-ignore lint/suspicious/noExplicitAny: an object is whatever JSON the API has
type Json = any;

const TOKEN = 'double-token';
/** Token of the identity that applies. */
export const DEPLOYER_TOKEN = 'local-token';
/** Collections that have nothing left after a destroy. */
const LISTED = [
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/daemonsets',
  '/api/v1/configmaps',
  '/api/v1/persistentvolumes',
  '/api/v1/namespaces',
];
const POLL_MILLISECONDS = 200;

/** Custom resources that managed clusters have from the start, as `group/version/plural/Kind`. */
const DEFINITIONS = [
  // https://cloud.google.com/stackdriver/docs/managed-prometheus
  'monitoring.googleapis.com/v1/podmonitorings/PodMonitoring',
  // https://learn.microsoft.com/azure/aks/keda-about
  'keda.sh/v1alpha1/scaledobjects/ScaledObject',
  'keda.sh/v1alpha1/triggerauthentications/TriggerAuthentication',
];

/** What a test can change in a cluster. */
export interface KubernetesOptions {
  /** Whether the identity that applies may do anything in the cluster, at each request. @default - always */
  readonly isAdmin?: () => boolean;
  /** Custom resources that the owner of the cluster installed, as `group/version/plural/Kind`. @default - none */
  readonly definitions?: readonly string[];
}

/**
 * Kubernetes API of a cluster without nodes: the real `kube-apiserver` and etcd. In the place of controllers, it reports
 * deployments and volumes as available, gives load balancers an address, binds volume claims and finishes what is deleted.
 */
export class Kubernetes {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  private readonly processes: ChildProcess[] = [];
  private port = 0;
  private isStopped = false;
  private initial: readonly string[] = [];
  private authorizer?: Server;

  static async start(options: KubernetesOptions = {}): Promise<Kubernetes> {
    const cluster = new Kubernetes(options);
    await cluster.run();
    cluster.initial = await cluster.objects();
    return cluster;
  }

  private constructor(private readonly options: KubernetesOptions) {}

  /** Address of the API, without the scheme. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** CA certificate, PEM-encoded. */
  get certificate(): string {
    return readFileSync(join(this.folder, 'apiserver.crt'), 'utf8');
  }

  /** Variables of the Terraform provider `kubernetes`. */
  get env(): Record<string, string> {
    return {
      KUBE_HOST: `https://${this.address}`,
      KUBE_TOKEN: DEPLOYER_TOKEN,
      KUBE_CLUSTER_CA_CERT_DATA: this.certificate,
    };
  }

  /** Sends a request to the API. */
  async call(
    method: string,
    path: string,
    body?: Json,
    type = 'application/json',
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Json }> {
    const sent = request(`https://${this.address}${path}`, {
      method,
      ca: this.certificate,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': type },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const isJson = response.headers['content-type']?.includes('json');
    return { status: response.statusCode, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** Objects that a stack made, as `KIND NAMESPACE/NAME`. */
  async left(): Promise<string[]> {
    const objects = await this.objects();
    return objects.filter((object) => !this.initial.includes(object));
  }

  private async objects(): Promise<string[]> {
    const lists = await Promise.all(LISTED.map((path) => this.call('GET', path)));
    return lists.flatMap(({ body }) =>
      body.items.map(({ metadata }: Json) => `${body.kind} ${metadata.namespace ?? ''}/${metadata.name}`),
    );
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.authorizer?.close();
    for (const child of this.processes.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  }

  private async run(): Promise<void> {
    const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()]);
    this.port = port;
    const key = join(this.folder, 'service-accounts.key');
    execFileSync(requireTool('openssl'), ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    const tokens = join(this.folder, 'tokens.csv');
    writeFileSync(tokens, `${TOKEN},double,double,"system:masters"\n${DEPLOYER_TOKEN},deployer,deployer\n`);
    const etcd = `http://127.0.0.1:${client}`;
    this.spawn('etcd', [
      ...['--data-dir', join(this.folder, 'etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`, '--unsafe-no-fsync'],
    ]);
    this.spawn('kube-apiserver', [
      ...['--etcd-servers', etcd, '--secure-port', `${port}`, '--bind-address', '127.0.0.1'],
      ...['--advertise-address', '127.0.0.1', '--cert-dir', this.folder, '--token-auth-file', tokens],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', key],
      ...['--service-account-signing-key-file', key, '--authorization-mode', 'RBAC,Webhook'],
      ...['--authorization-webhook-config-file', await this.authorize(), '--authorization-webhook-version', 'v1'],
      ...['--authorization-webhook-cache-authorized-ttl', '0s', '--authorization-webhook-cache-unauthorized-ttl', '0s'],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--endpoint-reconciler-type', 'none'],
    ]);
    for (let tries = 0; tries < 600; tries++) {
      const ready = await this.call('GET', '/readyz').catch(() => undefined);
      if (ready?.status === 200) {
        const definitions = [...DEFINITIONS, ...(this.options.definitions ?? [])];
        await Promise.all(definitions.map((definition) => this.define(definition)));
        void this.control();
        return;
      }
      await sleep(POLL_MILLISECONDS);
    }
    await this.stop();
    throw new Error(`kube-apiserver did not start; its log is in ${this.folder}`);
  }

  /** Starts the authorizer, as managed clusters have one that knows the roles of the cloud, and writes its settings. */
  private async authorize(): Promise<string> {
    const isAdmin = this.options.isAdmin ?? (() => true);
    this.authorizer = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const review = JSON.parse(Buffer.concat(chunks).toString());
      const allowed = review.spec.user === 'deployer' && isAdmin();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...review, status: { allowed, reason: 'no role of the cloud allows it' } }));
    }).listen(0, '127.0.0.1');
    await once(this.authorizer, 'listening');
    const { port } = this.authorizer.address() as AddressInfo;
    const file = join(this.folder, 'authorizer.json');
    const context = { name: 'cloud', context: { cluster: 'cloud', user: 'apiserver' } };
    const settings = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'cloud', contexts: [context] },
      clusters: [{ name: 'cloud', cluster: { server: `http://127.0.0.1:${port}/` } }],
      users: [{ name: 'apiserver', user: {} }],
    };
    writeFileSync(file, JSON.stringify(settings));
    return file;
  }

  /**
   * Creates a custom resource with any specification, because its schema belongs to the add-on that defines it. Like those of add-ons
   * it is structural: Terraform applies objects of other schemas for trial when it plans, before their namespace exists.
   */
  private async define(definition: string): Promise<void> {
    const [group, version, plural, kind] = definition.split('/') as [string, string, string, string];
    const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec: any, status: any } } };
    const { status, body } = await this.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      // Groups of Kubernetes need the annotation: https://github.com/kubernetes/enhancements/pull/1111
      metadata: {
        name: `${plural}.${group}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, singular: kind.toLowerCase(), kind },
        versions: [{ name: version, served: true, storage: true, schema }],
      },
    });
    if (status !== 201) throw new Error(`${definition}: ${JSON.stringify(body)}`);
  }

  private spawn(name: string, args: string[]): void {
    const child = spawn(requireTool(name), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const log = join(this.folder, `${name}.log`);
    child.stderr!.on('data', (text) => writeFileSync(log, text, { flag: 'a' }));
    this.processes.push(child);
  }

  /** Does what controllers would do, until the cluster stops. */
  private async control(): Promise<void> {
    while (!this.isStopped) {
      await this.reconcile().catch(() => {});
      await sleep(POLL_MILLISECONDS);
    }
  }

  private async reconcile(): Promise<void> {
    const list = async (path: string) => (await this.call('GET', path)).body.items as Json[];
    const setStatus = (path: string, status: Json) =>
      this.call('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
    for (const { metadata, spec, status } of await list('/apis/apps/v1/deployments')) {
      if (status.observedGeneration === metadata.generation) continue;
      const replicas = spec.replicas ?? 1;
      await setStatus(`/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}`, {
        ...{ observedGeneration: metadata.generation, replicas, updatedReplicas: replicas },
        ...{ readyReplicas: replicas, availableReplicas: replicas },
      });
    }
    for (const { metadata, spec, status } of await list('/api/v1/services')) {
      if (spec.type !== 'LoadBalancer' || status.loadBalancer?.ingress) continue;
      const path = `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`;
      await setStatus(path, { loadBalancer: { ingress: [{ ip: '10.0.0.200' }] } });
    }
    for (const { metadata, status } of await list('/api/v1/persistentvolumes')) {
      const path = `/api/v1/persistentvolumes/${metadata.name}`;
      if (metadata.deletionTimestamp) await this.release(path);
      else if (status.phase === 'Pending') await setStatus(path, { phase: 'Available' });
    }
    for (const { metadata, spec, status } of await list('/api/v1/persistentvolumeclaims')) {
      const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}`;
      if (metadata.deletionTimestamp) await this.release(path);
      else if (status.phase !== 'Bound' && spec.volumeName) await setStatus(path, { phase: 'Bound' });
    }
    for (const { metadata } of await list('/api/v1/namespaces')) {
      if (metadata.deletionTimestamp) await this.finish(metadata.name);
    }
  }

  /** Lets an object go that is deleted. No pod runs here, so none uses it. */
  private async release(path: string): Promise<void> {
    await this.call('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
  }

  /** Deletes what is in a namespace, then the namespace. */
  private async finish(namespace: string): Promise<void> {
    const apis = ['/api/v1', ...(await this.call('GET', '/apis')).body.groups.map(versionPath)];
    for (const api of apis) {
      const { resources } = (await this.call('GET', api)).body;
      for (const { name, namespaced, verbs } of resources) {
        if (!namespaced || !verbs.includes('deletecollection')) continue;
        await this.call('DELETE', `${api}/namespaces/${namespace}/${name}`);
      }
    }
    const { body } = await this.call('GET', `/api/v1/namespaces/${namespace}`);
    await this.call('PUT', `/api/v1/namespaces/${namespace}/finalize`, { ...body, spec: { finalizers: [] } });
  }
}

function versionPath({ preferredVersion }: Json): string {
  return `/apis/${preferredVersion.groupVersion}`;
}

/** Address and certificate of a Kubernetes API, which the double of a cloud returns as those of its clusters. */
export type ClusterApi = Pick<Kubernetes, 'address' | 'certificate'>;
