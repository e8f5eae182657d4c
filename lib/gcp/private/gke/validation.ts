import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { checkMaintenanceWindow, MAINTENANCE_WINDOW } from '../../../kubernetes/maintenance-window.js';
import {
  checkCanaryExposure,
  checkClusterServer,
  checkConcurrency,
  checkNodeArchitecture,
  EXPOSURE,
  SECRET_KEY,
  SECRETS,
} from '../../../kubernetes/server-validation.js';
import { serverOf } from '../../../serving/servers/model-server.js';
import {
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import { SERVER } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage } from '../../../terraform/canary-image.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import { GkeCluster, type GkeExistingOptions, type GkeStandardOptions } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import { checkWebAcl, WEB_ACL } from '../shared/security-policy.js';
import { checkGoogleProps, GOOGLE_PROPS, RESERVED } from '../shared/validation.js';
import { nodeArchitecture } from './architecture.js';
import { networkOptions } from './cloud-nat.js';
import { GKE } from './limits.js';

const NEW_CLUSTER = options<GkeStandardOptions>('an object such as { network: "models" }', {
  authPlugin: BOOLEAN,
  network: STRING,
  subnetwork: STRING,
  authorizedNetworks: STRINGS,
  maintenanceWindow: MAINTENANCE_WINDOW,
  cloudNat: BOOLEAN,
  zones: STRINGS,
  instanceType: STRING,
  minNodes: NUMBER,
  maxNodes: NUMBER,
});

const PROPS: PropTypes<ContainerModelProps> = {
  ...GOOGLE_PROPS,
  server: SERVER,
  cluster: choice('GkeCluster.autopilot()', {
    autopilot: { options: NEW_CLUSTER },
    standard: { options: NEW_CLUSTER },
    existing: {
      options: required(
        options<GkeExistingOptions>('an object such as { name, location }', {
          name: required(STRING),
          location: required(STRING),
          authPlugin: BOOLEAN,
        }),
      ),
    },
  }),
  namespace: STRING,
  cpu: NUMBER,
  memoryMib: NUMBER,
  diskGib: NUMBER,
  secrets: SECRETS,
  startupSeconds: NUMBER,
  targetConcurrency: NUMBER,
  spot: BOOLEAN,
  exposure: EXPOSURE,
  callerNamespaces: STRINGS,
  traceNamespaces: STRINGS,
  stableModel: MODEL,
  host: object('a ContainerHost, such as ContainerHost.kserve()', 'bind'),
  healthCheckPolicy: BOOLEAN,
  webAcl: WEB_ACL,
};

/** @throws ValidationError with all faults in the props that the workload does not validate itself */
export function validateGke(scope: Construct, props: ContainerModelProps): void {
  const validator = validatorFor(scope, 'ContainerModel');
  checkProps(validator, props, PROPS);
  checkGoogleProps(validator, props, {
    target: 'GKE',
    access: {
      kinds: ['cloudIdentity', 'jwt', 'anonymous'],
      instead: 'Use Access.jwt(), or ServerlessModel of modelship/aws for API keys',
    },
    minReplicas: { ...GKE.maxReplicas, adviceBelowMin: 'Use ServerlessModel, which scales to zero' },
    maxReplicas: GKE.maxReplicas,
    rollout: {
      canary: { allowsZero: true },
      stable: { prop: 'stableModel', value: props.stableModel, what: 'its package' },
      instead: LINEAR_INSTEAD,
    },
    throttle:
      'Remove it and limit `maxReplicas`, put a Gateway with a rate limit in front, or use ServerlessModel of ' +
      'modelship/aws',
    timeoutSeconds: GKE.timeoutSeconds,
  });
  validator.number('cpu', props.cpu, GKE.cpu);
  validator.number('memoryMib', props.memoryMib, GKE.memoryMib);
  const autopilot = (props.cluster ?? GkeCluster.autopilot()).kind === 'autopilot' && props.gpu === undefined;
  validator.number('diskGib', props.diskGib, autopilot ? GKE.autopilotDiskGib : GKE.diskGib);
  checkSecrets(validator, props, RESERVED, SECRET_KEY);
  checkAccess(validator, props);
  checkPlanTime(validator, props);
  checkMaintenanceWindow(validator, networkOptions(props).maintenanceWindow, GKE.maintenanceHours, 'GKE');
  checkZones(validator, props);
  validator.check(
    props.healthCheckPolicy === undefined || props.exposure?.kind === 'gateway',
    'healthCheckPolicy',
    'NO_GATEWAY',
    'only Gateways of GKE read health check policies; set exposure: Exposure.gateway(…), or remove it',
  );
  validator.check(
    props.webAcl === undefined || props.exposure?.kind === 'gateway',
    'webAcl',
    'NO_GATEWAY',
    'only the load balancer of a Gateway has a web firewall; set exposure: Exposure.gateway(…), or remove it',
  );
  checkWebAcl(validator, props.webAcl);
  checkConcurrency(validator, props, props.host?.needsExistingCluster ?? false);
  checkNodeArchitecture(validator, props, nodeArchitecture(props));
  checkCanaryExposure(validator, props);
  checkClusterServer(validator, props, {
    gpu: { prop: 'gpu', has: props.gpu !== undefined, how: 'set gpu, such as Gpu.nvidiaL4()' },
    // With `cloudIdentity`, network policies authorize callers, so the server does not need to.
    access: ['cloudIdentity', 'anonymous'],
    sources: ['folder', 'hub', 'gcs'],
  });
  if (serverOf(props).isModelship) checkOneImage(validator, props);
  validator.throwIfAny();
}

function checkAccess(validator: Validator, { access, exposure }: ContainerModelProps): void {
  const outside = exposure?.kind === 'ingress' || exposure?.kind === 'gateway';
  validator.check(
    !outside || (access !== undefined && access.kind !== 'cloudIdentity'),
    'access',
    'NOT_AUTHENTICATED',
    'an Ingress or a Gateway does not authenticate callers, and pods are allowed by network only; set access: Access.jwt(…), ' +
      'or Access.anonymous() to allow all callers',
  );
}

function checkZones(validator: Validator, { cluster, region }: ContainerModelProps): void {
  const zones = cluster?.settings.kind === 'standard' ? cluster.settings.options.zones : undefined;
  if (zones === undefined) return;
  validator.check(
    zones.length > 0,
    'cluster.zones',
    'MISSING',
    'got none, so no node could run; name at least one zone, or remove it to use all zones of the region',
  );
  const pattern = Token.isUnresolved(region) ? /^[a-z]+-[a-z]+\d+-[a-z]$/ : new RegExp(`^${region}-[a-z]$`);
  for (const zone of zones) {
    validator.text('cluster.zones', zone, pattern, `a zone of the region looks like \`${region}-b\``);
  }
}

function checkPlanTime(validator: Validator, { cluster, exposure, host, namespace }: ContainerModelProps): void {
  const existing = cluster?.kind === 'existing';
  const why =
    'Terraform must see the resource definitions in the cluster when it plans, and a new cluster does not exist ' +
    'yet; set cluster: GkeCluster.existing(…)';
  validator.check(exposure?.kind !== 'gateway' || existing, 'exposure', 'CLUSTER_NOT_THERE', why);
  validator.check(!host?.needsExistingCluster || existing, 'host', 'CLUSTER_NOT_THERE', why);
  validator.check(
    !host?.needsExistingCluster || namespace !== undefined,
    'namespace',
    'MISSING',
    'KServe serves only in namespaces that are set up for it; name one',
  );
}
