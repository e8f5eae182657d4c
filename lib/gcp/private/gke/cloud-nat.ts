import type { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { GkeCluster, type GkeNetworkOptions } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import { COMPUTE_NAME_LENGTH } from '../shared/limits.js';
import { generatedName } from '../shared/names.js';

const GOOGLE_REGISTRY = /^(?:[a-z0-9-]+\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)\//;

/** Returns whether the image is in one of Google's registries, which private nodes reach without internet access. */
export function isOnGoogle(image: string): boolean {
  return GOOGLE_REGISTRY.test(image);
}

/** Google hosts that private nodes reach without internet access. They serve APIs and identity signing keys. */
const GOOGLE_HOST = /(^|\.)(google|googleapis)\.com$/;

/**
 * Returns whether nodes or pods need internet access.
 *
 * @param image image that the nodes pull. A token is assumed to be in Google's registries.
 */
export function needsInternet({ access, server }: ContainerModelProps, image: string): boolean {
  if (!Token.isUnresolved(image) && !isOnGoogle(image)) return true;
  if (server?.spec.source?.kind === 'hub') return true;
  const issuer = access?.jwtOptions?.issuer;
  return issuer !== undefined && !Token.isUnresolved(issuer) && !GOOGLE_HOST.test(new URL(issuer).hostname);
}

/** Network options of a new cluster. They are empty for an existing one. */
export function networkOptions({ cluster = GkeCluster.autopilot() }: ContainerModelProps): GkeNetworkOptions {
  return cluster.settings.kind === 'existing' ? {} : cluster.settings.options;
}

/** Cloud NAT, which gives private nodes and pods of one subnetwork outbound internet access only. */
export class CloudNat extends Construct {
  /** Cloud NAT gateway of the router. */
  readonly nat: ComputeRouterNat;

  constructor(scope: Construct, id: string, props: ContainerModelProps) {
    super(scope, id);
    const { network = 'default', subnetwork = network } = networkOptions(props);
    const place = { project: props.project, region: props.region, name: generatedName(this, COMPUTE_NAME_LENGTH) };
    const router = new google.ComputeRouter(this, 'Router', { ...place, network });
    this.nat = new google.ComputeRouterNat(this, 'Resource', {
      ...place,
      router: router.name,
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
      subnetwork: [{ name: subnetwork, sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
    });
  }
}
