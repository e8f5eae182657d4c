/** Settings of a {@link WebAcl} that the construct creates. */
export interface ManagedWebAclOptions {
  /**
   * Maximum number of requests per IP address in 5 minutes, 1 to 1,000,000. Cloud Armor rejects further requests with
   * 429.
   *
   * @default 2000
   */
  readonly requestsPerFiveMinutes?: number;
}

/** Settings of a web ACL. The member `kind` discriminates the union. */
export type WebAclSettings =
  | { readonly kind: 'managed'; readonly options: ManagedWebAclOptions }
  | { readonly kind: 'existing'; readonly policyId: string };

/**
 * Cloud Armor security policy of the load balancer in front of a model. Google bills it per month, per rule and per
 * request.
 *
 * @example
 * ```ts
 * import { ServerlessModel, WebAcl } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', {
 *   model,
 *   region: 'europe-west4',
 *   domainName: 'iris.example.com',
 *   webAcl: WebAcl.managed(),
 * });
 * ```
 */
export class WebAcl {
  /**
   * Creates a security policy. It limits the request rate of each IP address. Google's preconfigured rules block scanners,
   * protocol attacks, remote code execution and file inclusion. For models with text inputs these rules only log, because
   * texts may contain code and paths.
   */
  static managed(options: ManagedWebAclOptions = {}): WebAcl {
    return new WebAcl({ kind: 'managed', options });
  }

  /**
   * Uses an existing security policy with global scope.
   *
   * @param policyId name, self link or `id` of the policy
   */
  static fromPolicyId(policyId: string): WebAcl {
    return new WebAcl({ kind: 'existing', policyId });
  }

  private constructor(
    /** Settings of the web ACL. Its member `kind` tells its type. */
    readonly settings: WebAclSettings,
  ) {}

  /** Kind of web ACL, the same as `settings.kind`. */
  get kind(): WebAclSettings['kind'] {
    return this.settings.kind;
  }
}
