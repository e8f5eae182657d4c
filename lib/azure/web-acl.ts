/** Settings of a {@link WebAcl} that the construct creates. */
export interface ManagedWebAclOptions {
  /** Maximum number of requests per IP address in 5 minutes. Front Door blocks further requests. @default 2000 */
  readonly requestsPerFiveMinutes?: number;
}

/** Settings of a web ACL. The member `kind` discriminates the union. */
export type WebAclSettings =
  | { readonly kind: 'managed'; readonly options: ManagedWebAclOptions }
  | { readonly kind: 'existing'; readonly policyId: string };

/**
 * Web application firewall of Azure Front Door in front of a function app. It needs the tier Premium, which Azure bills per
 * month.
 *
 * @example
 * ```ts
 * import { ServerlessModel, WebAcl } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Iris', { model, location: 'westeurope', webAcl: WebAcl.managed() });
 * ```
 */
export class WebAcl {
  /**
   * Creates a firewall policy. It limits the request rate of each IP address. Microsoft's default rule set and bot rules block
   * common attacks. For models with text inputs the default rule set only logs, because texts may contain code and paths.
   */
  static managed(options: ManagedWebAclOptions = {}): WebAcl {
    return new WebAcl({ kind: 'managed', options });
  }

  /**
   * Uses an existing firewall policy of Front Door.
   *
   * @param policyId Azure resource id of a policy in the tier Premium
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
