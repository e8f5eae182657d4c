/** Settings of a {@link WebAcl} that the construct creates. */
export interface ManagedWebAclOptions {
  /**
   * Maximum number of requests per IP address in 5 minutes, 10 to 2,000,000,000. AWS WAF rejects further requests with
   * 429.
   *
   * @default 2000
   */
  readonly requestsPerFiveMinutes?: number;
}

/** Settings of a web ACL. The member `kind` discriminates the union. */
export type WebAclSettings =
  | { readonly kind: 'managed'; readonly options: ManagedWebAclOptions }
  | { readonly kind: 'existing'; readonly arn: string };

/**
 * AWS WAF web ACL of an API. AWS bills it per month, per rule and per request.
 *
 * @example
 * ```ts
 * import { ServerlessModel, WebAcl } from 'modelship/aws';
 *
 * new ServerlessModel(stack, 'Iris', { model, webAcl: WebAcl.managed() });
 * ```
 */
export class WebAcl {
  /**
   * Creates a web ACL. It limits the request rate of each IP address. AWS managed rules block IP addresses with a bad
   * reputation, known bad inputs and common attacks. Large bodies and requests without a `User-Agent` are only counted,
   * because tensors are large and callers are not browsers. For models with text inputs, HTML, paths and URLs in bodies
   * are only counted, too.
   */
  static managed(options: ManagedWebAclOptions = {}): WebAcl {
    return new WebAcl({ kind: 'managed', options });
  }

  /** Uses an existing web ACL. It must be in the same region and have the scope `REGIONAL`. */
  static fromArn(arn: string): WebAcl {
    return new WebAcl({ kind: 'existing', arn });
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
