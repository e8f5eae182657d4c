import { Fn, type ITerraformDependable, type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import { GenericResource, type GenericResourceConfig } from '../../../terraform/generic.js';
import { shortHash } from '../../../terraform/names.js';
import { TerraformData } from '../../../terraform/terraform-data.js';
import { GOOGLE_OPERATION } from '../shared/restful.js';
import { VERTEX } from './limits.js';

/** Number of hexadecimal digits. Eight of them fit in ten decimal digits, the maximum for an id on Vertex AI. */
const ID_HASH_LENGTH = 8;

/** Options of {@link VertexVersion}. */
export interface VertexVersionOptions {
  /** Provider that calls the REST API. */
  readonly provider: TerraformProvider;
  /** Path of the parent resource, `/projects/P/locations/L`. */
  readonly parent: string;
  /** Path of the endpoint. */
  readonly endpointPath: string;
  /** Prefix of the model's id. */
  readonly name: string;
  /** `Model` of the API. */
  readonly model: Readonly<Record<string, unknown>>;
  /** `DeployedModel` of the API, without the id and the model. */
  readonly deployment: Readonly<Record<string, unknown>>;
  /** User-supplied values. Tokens among them that occur in a request body are hashed at apply. */
  readonly inputs: readonly unknown[];
  /** Resources that must exist before the model is uploaded. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** Deployments to the same endpoint that must complete before this one starts. */
  readonly after: readonly ITerraformDependable[];
}

type CallOptions = Pick<GenericResourceConfig, 'attributes' | 'lifecycle'> & {
  readonly dependsOn?: readonly ITerraformDependable[];
};

/**
 * Model version that is uploaded and deployed to an endpoint.
 *
 * No Terraform resource exists for either step, so both are REST API calls. Calls cannot be updated in place, so the
 * ids contain a hash of both request bodies. `create_before_destroy` makes Terraform deploy the new version and shift
 * the traffic before it deletes the old version.
 */
export class VertexVersion extends Construct {
  /** Id of the version in the endpoint's traffic split, a decimal number. */
  readonly deployedModelId: string;
  /** API call that uploads the model. */
  readonly upload: GenericResource;
  /** Deployed model, which is undeployed when the resource is destroyed. */
  readonly deployment: GenericResource;
  private readonly provider: TerraformProvider;

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
    // The API requires a string, and Terraform would write the result of `parseint` as a number.
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
    // An endpoint processes one change at a time.
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

  /** Creates a REST API call, which is stored in the state as soon as Google accepts it. */
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
   * Waits for the result of a call. It is a separate resource, because a call must not be repeated if waiting fails,
   * for example after an expired token or a lost connection. The next apply waits again.
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

  /** Forces replacement. An update would repeat the call with a new id and never delete the old resource. */
  private replacedWith(suffix: string) {
    return { replaceTriggeredBy: [new TerraformData(this, 'Content', { suffix }).address] };
  }
}

/** Serializes `value` as JSON without tokens, whose numbers change with every change to a stack. */
function literals(value: unknown): string {
  return JSON.stringify(value, (_, item) => {
    if (!Token.isUnresolved(item)) return item;
    return typeof item === 'string' ? item.replace(/\$\{TfToken\[[^\]]*\]\}/g, '') : null;
  });
}
