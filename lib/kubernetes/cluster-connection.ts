import type { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import type { Construct } from 'constructs';
import { kubernetes } from '../terraform/bindings/kubernetes.js';
import type { Attributes } from '../terraform/generic.js';

/** Version of the API between a client of Kubernetes and the command that gets its token. */
const LOGIN_API = 'client.authentication.k8s.io/v1beta1';

/** Command that gets a token for the API of a cluster. The provider runs it again when the token expires. */
export interface LoginCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Address of the API of a cluster, and the credentials of Terraform. */
export interface ClusterConnection {
  /** URL of the API. */
  readonly host: string;
  /** CA certificate of the cluster, PEM-encoded. */
  readonly certificate: string;
  /** Bearer token, or the command that gets one. */
  readonly login: string | LoginCommand;
}

/** Returns a connection as the provider `helm` takes it. */
export function helmConnection({ host, certificate, login }: ClusterConnection): Attributes {
  return {
    host,
    cluster_ca_certificate: certificate,
    ...(typeof login === 'string'
      ? { token: login }
      : { exec: { api_version: LOGIN_API, command: login.command, args: login.args } }),
  };
}

/** Creates a Kubernetes provider for a connection. */
export function kubernetesProvider(
  scope: Construct,
  id: string,
  alias: string,
  { host, certificate, login }: ClusterConnection,
): KubernetesProvider {
  return new kubernetes.KubernetesProvider(scope, id, {
    alias,
    host,
    clusterCaCertificate: certificate,
    ...(typeof login === 'string'
      ? { token: login }
      : { exec: [{ apiVersion: LOGIN_API, command: login.command, args: [...login.args] }] }),
  });
}
