import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { requireTool } from '../tools.js';

// biome-ignore lint/suspicious/noExplicitAny: an object is whatever JSON the API has
type Json = any;

const TOKEN = 'local-token';
const POLL_MILLISECONDS = 200;

/**
 * Kubernetes API of a cluster without nodes: the real `kube-apiserver` and etcd. In the place of controllers, it reports
 * deployments as available, gives load balancers an address, binds volume claims and finishes deleted namespaces.
 */
export class Kubernetes {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  private readonly processes: ChildProcess[] = [];
  private port = 0;
  private isStopped = false;

  static async start(): Promise<Kubernetes> {
    const cluster = new Kubernetes();
    await cluster.run();
    return cluster;
  }

  private constructor() {}

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
    return { KUBE_HOST: `https://${this.address}`, KUBE_TOKEN: TOKEN, KUBE_CLUSTER_CA_CERT_DATA: this.certificate };
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
    const paths = ['/apis/apps/v1/deployments', '/api/v1/persistentvolumes', '/api/v1/namespaces'];
    const lists = await Promise.all(paths.map((path) => this.call('GET', path)));
    return lists.flatMap(({ body }) =>
      body.items
        .map(({ metadata }: Json) => `${body.kind} ${metadata.namespace ?? ''}/${metadata.name}`)
        .filter((name: string) => !/\/(default|kube-.*)$/.test(name)),
    );
  }

  async stop(): Promise<void> {
    this.isStopped = true;
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
    writeFileSync(tokens, `${TOKEN},deployer,deployer,"system:masters"\n`);
    const etcd = `http://127.0.0.1:${client}`;
    this.spawn('etcd', [
      ...['--data-dir', join(this.folder, 'etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`, '--unsafe-no-fsync'],
    ]);
    this.spawn('kube-apiserver', [
      ...['--etcd-servers', etcd, '--secure-port', `${port}`, '--bind-address', '127.0.0.1'],
      ...['--advertise-address', '127.0.0.1', '--cert-dir', this.folder, '--token-auth-file', tokens],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', key],
      ...['--service-account-signing-key-file', key, '--authorization-mode', 'RBAC'],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--endpoint-reconciler-type', 'none'],
    ]);
    for (let tries = 0; tries < 600; tries++) {
      const ready = await this.call('GET', '/readyz').catch(() => undefined);
      if (ready?.status === 200) {
        void this.control();
        return;
      }
      await sleep(POLL_MILLISECONDS);
    }
    await this.stop();
    throw new Error(`kube-apiserver did not start; its log is in ${this.folder}`);
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
    for (const { metadata, spec, status } of await list('/api/v1/persistentvolumeclaims')) {
      if (status.phase === 'Bound' || !spec.volumeName) continue;
      await setStatus(`/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}`, {
        phase: 'Bound',
      });
    }
    for (const { metadata } of await list('/api/v1/namespaces')) {
      if (metadata.deletionTimestamp) await this.finish(metadata.name);
    }
  }

  private async finish(namespace: string): Promise<void> {
    const inside = [
      ['apis/apps/v1', 'deployments'],
      ['api/v1', 'services'],
      ['api/v1', 'serviceaccounts'],
      ['api/v1', 'configmaps'],
      ['api/v1', 'persistentvolumeclaims'],
    ];
    for (const [api, kind] of inside) await this.call('DELETE', `/${api}/namespaces/${namespace}/${kind}`);
    const { body } = await this.call('GET', `/api/v1/namespaces/${namespace}`);
    await this.call('PUT', `/api/v1/namespaces/${namespace}/finalize`, { ...body, spec: { finalizers: [] } });
  }
}
