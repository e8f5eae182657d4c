import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { checkClusterServer } from '../../../kubernetes/server-validation.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage, refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import { GkeCluster } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import { checkGoogleProps, GOOGLE_PROPS } from '../shared/validation.js';
import { GKE } from './limits.js';

const KNOWN: Readonly<Record<keyof ContainerModelProps, true>> = {
  ...GOOGLE_PROPS,
  server: true,
  cluster: true,
  namespace: true,
  cpu: true,
  memoryMib: true,
  diskGib: true,
  startupSeconds: true,
  spot: true,
  exposure: true,
  callerNamespaces: true,
  traceNamespaces: true,
  stableModel: true,
  kserve: true,
  healthCheckPolicy: true,
};

/** @throws ValidationError with every fault of the props that the workload does not see itself */
export function validateGke(scope: Construct, props: ContainerModelProps): void {
  const validator = validatorFor(scope, 'ContainerModel');
  validator.knownProps(props, Object.keys(KNOWN));
  checkGoogleProps(validator, props);
  validator.number('cpu', props.cpu, GKE.cpu);
  validator.number('memoryMib', props.memoryMib, GKE.memoryMib);
  const autopilot = (props.cluster ?? GkeCluster.autopilot()).kind === 'autopilot' && props.gpu === undefined;
  validator.number('diskGib', props.diskGib, autopilot ? GKE.autopilotDiskGib : GKE.diskGib);
  validator.number('minReplicas', props.minReplicas, {
    ...GKE.maxReplicas,
    source: 'GKE (a ServerlessModel scales to zero)',
  });
  validator.number('maxReplicas', props.maxReplicas, GKE.maxReplicas);
  validator.number('timeoutSeconds', props.timeoutSeconds, GKE.timeoutSeconds);
  checkAccess(validator, props);
  checkPlanTime(validator, props);
  checkZones(validator, props);
  validator.check(
    props.healthCheckPolicy === undefined || props.exposure?.kind === 'gateway',
    'healthCheckPolicy',
    'NO_GATEWAY',
    'only Gateways of GKE read health check policies; set exposure: Exposure.gateway(…), or remove it',
  );
  checkRollout(validator, props);
  checkClusterServer(validator, props, {
    gpu: { prop: 'gpu', has: props.gpu !== undefined, how: 'set gpu, such as Gpu.nvidiaL4()' },
    // Whoever comes by cloud identity is let in by the network, not by the server.
    access: ['cloudIdentity', 'anonymous'],
    sources: ['folder', 'hub', 'gcs'],
  });
  if (props.server?.spec.image === undefined) checkOneImage(validator, props);
  validator.throwIfAny();
}

function checkAccess(validator: Validator, { access, exposure, throttle }: ContainerModelProps): void {
  if (access?.kind === 'apiKey') {
    refuse(
      validator,
      'access',
      'a cluster knows no API keys; use Access.jwt(), or the ServerlessModel of modelship/aws, which has keys',
    );
  }
  if (throttle) {
    refuse(
      validator,
      'throttle',
      'a cluster counts no requests of a caller; bound the load with maxReplicas, or put a Gateway with a rate limit before it',
    );
  }
  const outside = exposure?.kind === 'ingress' || exposure?.kind === 'gateway';
  validator.check(
    !outside || (access !== undefined && access.kind !== 'cloudIdentity'),
    'access',
    'NOT_AUTHENTICATED',
    'an Ingress or a Gateway asks nobody who they are, and pods are let in by network only; set access: Access.jwt(…), ' +
      'or Access.anonymous() if anyone may ask',
  );
}

function checkZones(validator: Validator, { cluster, region }: ContainerModelProps): void {
  const zones = cluster?.options.zones;
  if (zones === undefined) return;
  validator.check(
    zones.length > 0,
    'cluster.zones',
    'MISSING',
    'got none, so that no node could run; name at least one zone, or remove it to use all zones of the region',
  );
  const pattern = Token.isUnresolved(region) ? /^[a-z]+-[a-z]+\d+-[a-z]$/ : new RegExp(`^${region}-[a-z]$`);
  for (const zone of zones) {
    validator.text('cluster.zones', zone, pattern, `a zone of the region looks like \`${region}-b\``);
  }
}

function checkPlanTime(validator: Validator, { cluster, exposure, kserve, namespace }: ContainerModelProps): void {
  const existing = cluster?.kind === 'existing';
  const why =
    'Terraform must see the resource definitions in the cluster when it plans, and a cluster that is made is not there ' +
    'yet; give cluster: GkeCluster.existing(…)';
  validator.check(exposure?.kind !== 'gateway' || existing, 'exposure', 'CLUSTER_NOT_THERE', why);
  validator.check(!kserve || existing, 'kserve', 'CLUSTER_NOT_THERE', why);
  validator.check(
    !kserve || namespace !== undefined,
    'namespace',
    'MISSING',
    'KServe serves in the namespaces that it was set up for; name one',
  );
}

function checkRollout(validator: Validator, { rollout, stableModel, exposure }: ContainerModelProps): void {
  if (rollout?.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'Terraform moves traffic when it is applied and not by itself, so there are no timed steps; use Rollout.canary() ' +
        'and apply again with another percentage',
    );
  }
  const canary = rollout?.kind === 'canary';
  validator.check(
    !canary || exposure?.kind === 'gateway',
    'rollout',
    'NO_GATEWAY',
    'only a Gateway splits traffic by share; set exposure: Exposure.gateway(…) of an existing cluster, or use ' +
      'Rollout.allAtOnce(), which replaces pods one by one',
  );
  validator.check(
    canary === (stableModel !== undefined),
    'stableModel',
    canary ? 'MISSING' : 'NO_CANARY',
    canary
      ? 'a canary shares the traffic with the version that serves now; give its package'
      : 'only a canary keeps traffic on another version; set rollout: Rollout.canary(…), or leave it out',
  );
  const percent = rollout?.canaryOptions?.percent;
  validator.number('rollout.percent', percent, { min: 1, max: 99, unit: 'percent', source: 'a canary' });
}
