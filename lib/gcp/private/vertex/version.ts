import { Fn, type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import { type GenericElementConfig, type GenericProvider, GenericResource } from '../../../terraform/generic.js';
import { TerraformData } from '../../../terraform/terraform-data.js';
import { shortHash } from '../shared/names.js';
import { GOOGLE_OPERATION } from '../shared/restful.js';
import { VERTEX } from './limits.js';

/** Eight hexadecimal digits make a number of at most ten decimal ones, which is all that Vertex AI takes for an id. */
const ID_HASH_LENGTH = 8;

/** What a version is made from. */
export interface VertexVersionOptions {
  readonly provider: GenericProvider;
  /** `/projects/P/locations/L`, the parent of everything. */
  readonly parent: string;
  readonly endpointPath: string;
  /** Starts the model's id. */
  readonly name: string;
  /** The `Model` of the API. */
  readonly model: Readonly<Record<string, unknown>>;
  /** The `DeployedModel` of the API, without the id and the model. */
  readonly deployment: Readonly<Record<string, unknown>>;
  /** Values from the caller. Those that only apply knows and that are in a request body are hashed at apply. */
  readonly inputs: readonly unknown[];
  /** Resources that must exist before the model is uploaded. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** Deployments to the same endpoint that must be over before this one starts. */
  readonly after: readonly ITerraformDependable[];
}

type CallOptions = Pick<GenericElementConfig, 'attributes' | 'lifecycle'> & {
  readonly dependsOn?: readonly ITerraformDependable[];
};

/**
 * One version of a model, uploaded and deployed to an endpoint.
 *
 * No Terraform resource does either, so that both are calls of the REST API. The ids hash both request bodies, because a
 * call cannot be changed in place, and `create_before_destroy` makes Terraform bring up the new version and move the
 * traffic before it removes the old one.
 */
export class VertexVersion extends Construct {
  /** The number under which the endpoint's traffic split knows it. */
  readonly deployedModelId: string;
  readonly upload: GenericResource;
  /** The deployed model, which undeploys when it is destroyed. */
  readonly deployment: GenericResource;
  private readonly provider: GenericProvider;

  constructor(scope: Construct, options: VertexVersionOptions) {
    const bodies = [options.model, options.deployment];
    const hash = shortHash(literals(bodies), ID_HASH_LENGTH);
    super(scope, `Version-${hash}`);
    const { parent, endpointPath } = options;
    this.provider = options.provider;
    const text = JSON.stringify(bodies);
    const late = options.inputs.filter((input) => Token.isUnresolved(input) && text.includes(`${input}`));
    const suffix = late.length === 0 ? hash : contentHash(this, 'Hash', [hash, ...late], ID_HASH_LENGTH);
    const modelId = `${options.name.slice(0, VERTEX.modelIdLength - ID_HASH_LENGTH - 1)}-${suffix}`;
    // The API takes text here, and Terraform would write the result of `parseint` as a number.
    this.deployedModelId =
      late.length === 0
        ? `${Number.parseInt(hash, 16) || 1}`
        : Token.asString(Fn.format('%d', [Fn.parseint(suffix, 16)]));
    const lifecycle = { createBeforeDestroy: true, ...(late.length > 0 ? this.replacedWith(suffix) : {}) };

    const modelPath = `${parent}/models/${modelId}`;
    this.upload = this.call('Upload', {
      lifecycle,
      dependsOn: options.dependsOn,
      attributes: { path: `${parent}/models:upload`, body: { modelId, model: options.model } },
    });
    const uploaded = this.outcome('Uploaded', this.upload, {
      lifecycle,
      attributes: { read_path: modelPath, delete_path: modelPath, delete_method: 'DELETE' },
    });
    // An endpoint carries out one change at a time.
    const oneAtATime = [{ mutex: endpointPath }];
    const call = this.call('Deploy', {
      lifecycle,
      dependsOn: [uploaded, ...options.after],
      attributes: {
        path: `${endpointPath}:deployModel`,
        precheck: oneAtATime,
        body: { deployedModel: { ...options.deployment, id: this.deployedModelId, model: modelPath.slice(1) } },
      },
    });
    this.deployment = this.outcome('Deployment', call, {
      lifecycle,
      attributes: {
        read_path: endpointPath,
        read_selector: `deployedModels.#(id=="${this.deployedModelId}")`,
        delete_path: `${endpointPath}:undeployModel`,
        delete_method: 'POST',
        delete_body: { deployedModelId: this.deployedModelId },
        precheck_delete: oneAtATime,
      },
    });
  }

  /** A call of the REST API, which is in the state as soon as Google has accepted it. */
  private call(id: string, { attributes, lifecycle, dependsOn }: CallOptions): GenericResource {
    return new GenericResource(this, id, {
      type: 'restful_operation',
      provider: this.provider,
      lifecycle,
      dependsOn: [...(dependsOn ?? [])],
      attributes: { method: 'POST', output_attrs: ['name'], ...attributes },
    });
  }

  /**
   * The result of a call, which is waited for. It is a resource of its own, because a call whose result could not be waited
   * for (a token that expired, a connection that was cut) must not be sent again: the next apply waits again.
   */
  private outcome(id: string, call: GenericResource, { attributes, lifecycle }: CallOptions): GenericResource {
    return new GenericResource(this, id, {
      type: 'restful_resource',
      provider: this.provider,
      lifecycle,
      attributes: {
        path: `/\${${call.fqn}.output.name}:wait`,
        create_method: 'POST',
        body: {},
        poll_create: GOOGLE_OPERATION,
        output_attrs: ['id'],
        poll_delete: GOOGLE_OPERATION,
        ...attributes,
      },
    });
  }

  /** A changed body alone would be sent again under another id, and what had the old one would never be deleted. */
  private replacedWith(suffix: string) {
    return { replaceTriggeredBy: [new TerraformData(this, 'Content', { suffix }).address] };
  }
}

/** JSON of `value` without its tokens, whose numbers change with every change to a stack. */
function literals(value: unknown): string {
  return JSON.stringify(value, (_, item) => {
    if (!Token.isUnresolved(item)) return item;
    return typeof item === 'string' ? item.replace(/\$\{TfToken\[[^\]]*\]\}/g, '') : null;
  });
}
