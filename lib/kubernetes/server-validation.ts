import type { Model } from '../model/model.js';
import type { Access } from '../serving/access.js';
import type { ModelSource } from '../serving/model-servers/source.js';
import { checkServer, type GpuChoice, type ServerProps } from '../serving/server-validation.js';
import type { Validator } from '../serving/validation.js';
import { refuse } from '../terraform/serving-props.js';

/** The props of a model in a cluster that are about its server. */
export interface ClusterServerProps extends ServerProps {
  readonly access?: Access;
  readonly stableModel?: Model;
  readonly timeoutSeconds?: number;
  readonly environment?: { [name: string]: string };
}

/** What a cloud's clusters can do for servers other than Modelship's runtime. */
export interface ClusterServerRules {
  readonly gpu: GpuChoice;
  /** Kinds of access that need no check by the server. */
  readonly access: readonly Access['kind'][];
  /** From where a server may fetch a model by itself. */
  readonly sources: readonly ModelSource['kind'][];
}

/** Notes what a cluster cannot do with the server of the props. */
export function checkClusterServer(validator: Validator, props: ClusterServerProps, rules: ClusterServerRules): void {
  const { server, model, stableModel, access, environment = {} } = props;
  const { gpu, sources } = rules;
  checkServer(validator, props, gpu);
  const spec = server?.spec;
  if (spec?.image === undefined) return;
  if (stableModel) {
    validator.check(
      spec.formats?.includes(stableModel.manifest.format) ?? true,
      'stableModel',
      'UNSUPPORTED_FORMAT',
      `${spec.name} runs both versions, and cannot load ${stableModel.manifest.format}; replace the model without a canary`,
    );
  }
  if (!rules.access.includes(access?.kind ?? 'cloudIdentity')) {
    refuse(
      validator,
      'access',
      `${spec.name} checks no callers, and nothing before the pods does; set access: Access.anonymous(), whose callers ` +
        'the network lets in (`exposure`, `callerNamespaces`), or use ModelServer.modelship()',
    );
  }
  if (props.timeoutSeconds !== undefined) {
    refuse(
      validator,
      'timeoutSeconds',
      `nothing before the pods gives up a request, and ${spec.name} is not told to; leave it out`,
    );
  }
  validator.check(
    spec.source === undefined || sources.includes(spec.source.kind),
    'server',
    'UNSUPPORTED_SOURCE',
    `${spec.name} would fetch the model from ${spec.source?.kind === 'gcs' ? 'Cloud Storage' : 'S3'}, for which pods have no ` +
      "identity here; give a repository of Hugging Face's hub, or a folder of what is mounted",
  );
  for (const name of Object.keys(spec.environment(model, ''))) {
    validator.check(
      environment[name] === undefined,
      `environment.${name}`,
      'RESERVED_VARIABLE',
      `the construct sets it for ${spec.name}; leave it out`,
    );
  }
}

/** Whether a server reads files from what is mounted, because it does not fetch by itself what it loads. */
export function readsMount({ server, model }: ServerProps): boolean {
  const spec = server?.spec;
  return spec?.image !== undefined && (spec.source?.kind === 'folder' || spec.layout(model).length > 0);
}
