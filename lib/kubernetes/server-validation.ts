import { needsPython } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';
import type { Access } from '../serving/access.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
import type { ImageSource } from '../serving/image-source.js';
import type { Rollout } from '../serving/rollout.js';
import { serverOf } from '../serving/servers/model-server.js';
import type { ModelSource } from '../serving/servers/source.js';
import { choice, object, options, required, STRING, STRING_MAP, STRINGS } from '../serving/validation/prop-types.js';
import {
  checkImageArchitecture,
  checkOtherModels,
  checkServer,
  checkServerVariables,
  checkSource,
  type GpuChoice,
  type ServerProps,
} from '../serving/validation/server.js';
import type { Validator } from '../serving/validation/validator.js';
import type {
  Exposure,
  GatewayExposureOptions,
  IngressExposureOptions,
  LoadBalancerExposureOptions,
} from './exposure.js';
import type { SecretKey } from './model-workload-props.js';

const ANNOTATIONS = { annotations: STRING_MAP, sourceRanges: STRINGS };

/** Type of the prop that exposes a model in a cluster. */
export const EXPOSURE = choice('Exposure.cluster()', {
  loadBalancer: {
    options: options<LoadBalancerExposureOptions>('an object such as { sourceRanges }', ANNOTATIONS),
  },
  ingress: {
    options: options<IngressExposureOptions>('an object such as { className, host, sourceRanges }', {
      ...ANNOTATIONS,
      className: required(STRING),
      host: required(STRING),
      tlsSecretName: STRING,
    }),
  },
  gateway: {
    options: options<GatewayExposureOptions>('an object such as { gatewayName, host, sourceRanges }', {
      gatewayName: required(STRING),
      gatewayNamespace: STRING,
      host: required(STRING),
      sourceRanges: STRINGS,
    }),
  },
});

/** Type of the prop with the Secrets of the pods. */
export const SECRETS = object('an object such as { NAME: { secretName, key } }');

/** Type of one of its values. */
export const SECRET_KEY = options<SecretKey>('an object such as { secretName, key }', {
  secretName: required(STRING),
  key: required(STRING),
});

/** Reports images that do not run on the processors of new nodes, and images that cannot be built for them. */
export function checkNodeArchitecture(
  validator: Validator,
  props: ServerProps & { readonly image?: ImageSource },
  architecture: ImageArchitecture,
): void {
  const { isModelship, spec } = serverOf(props);
  if (!isModelship) {
    const requirement = { prop: 'cluster.instanceType', subject: 'nodes would have', architecture };
    checkImageArchitecture(validator, requirement, spec);
    return;
  }
  const isBuilt = props.image === undefined || props.image.isForModel;
  validator.check(
    architecture === ImageArchitecture.AMD64 || !isBuilt || !needsPython(props.model.manifest),
    'image',
    'WRONG_ARCHITECTURE',
    `an image for ${props.model.manifest.format} installs Python packages, which needs an ${architecture.name} machine; build ` +
      'it on one and set `image`, or use nodes with amd64 processors',
  );
}

/** Server-related props of a model in a cluster. */
export interface ClusterServerProps extends ServerProps {
  readonly access?: Access;
  readonly stableModel?: Model;
  readonly timeoutSeconds?: number;
}

/** Support of a cloud's clusters for servers other than Modelship's runtime. */
export interface ClusterServerRules {
  /** GPU setting of the pods. */
  readonly gpu: GpuChoice;
  /** Authentication methods that do not depend on the server. */
  readonly access: readonly Access['kind'][];
  /** Sources from which a server can load a model by itself. */
  readonly sources: readonly ModelSource['kind'][];
}

/** Reports server props that the cluster does not support. */
export function checkClusterServer(validator: Validator, props: ClusterServerProps, rules: ClusterServerRules): void {
  const { stableModel, access } = props;
  checkServer(validator, props, rules.gpu);
  const { spec, isModelship } = serverOf(props);
  if (isModelship) return;
  checkOtherModels(validator, spec, stableModel ? { stableModel } : {});
  checkSource(validator, spec, rules.sources);
  checkServerVariables(validator, spec, props);
  if (!rules.access.includes(access?.kind ?? 'cloudIdentity')) {
    validator.refuse(
      'access',
      `${spec.name} does not authenticate callers, and nothing in front of the pods does; set access: ` +
        'Access.anonymous() and allow callers by network (`exposure`, `callerNamespaces`), or use ModelServer.modelship()',
    );
  }
  if (props.timeoutSeconds !== undefined) {
    validator.refuse(
      'timeoutSeconds',
      `nothing in front of the pods times out a request, and ${spec.name} has no such setting; remove it`,
    );
  }
}

/** Reports a canary rollout without a Gateway that splits the traffic. */
export function checkCanaryExposure(
  validator: Validator,
  { rollout, exposure }: { readonly rollout?: Rollout; readonly exposure?: Exposure },
): void {
  validator.check(
    rollout?.kind !== 'canary' || exposure?.kind === 'gateway',
    'exposure',
    'NO_GATEWAY',
    'only a Gateway splits traffic by share; set exposure: Exposure.gateway(…) of an existing cluster, or use ' +
      'Rollout.allAtOnce(), which replaces pods one by one',
  );
}

/** Returns whether a third-party server reads the model from a mounted folder instead of downloading it. */
export function readsMount(props: ServerProps): boolean {
  const { spec, isModelship } = serverOf(props);
  return !isModelship && (spec.source?.kind === 'folder' || spec.layout(props.model).length > 0);
}

/** Reports a `targetConcurrency` that no autoscaler could follow. */
export function checkConcurrency(
  validator: Validator,
  props: ServerProps & { readonly targetConcurrency?: number },
  isKServe: boolean,
): void {
  const { targetConcurrency } = props;
  validator.number('targetConcurrency', targetConcurrency, { min: 1, max: 10_000, source: 'an autoscaler' });
  validator.check(
    targetConcurrency === undefined || (serverOf(props).isModelship && !isKServe),
    'targetConcurrency',
    'UNSUPPORTED',
    isKServe
      ? 'KServe controls scaling; remove it, or use ContainerHost.deployment()'
      : `only Modelship's runtime reports how many requests a pod has; remove it, or scale on a metric of ` +
          `${props.server?.spec.name} with an autoscaler of your own`,
  );
}
