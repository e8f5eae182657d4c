/** What a {@link WebAcl} of the construct's own does. */
export interface ManagedWebAclOptions {
  /** Requests that one address may send in five minutes, 10 to 2,000,000,000; more get 429. @default 2000 */
  readonly requestsPerFiveMinutes?: number;
}

/**
 * The firewall (AWS WAF) in front of an API, which is paid by the month, by rule and by request.
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
   * A firewall of its own: it bounds the requests of each address, and refuses addresses of bad repute, known bad inputs
   * and common attacks by AWS's managed rules. It only counts large bodies and requests without a `User-Agent`, because
   * tensors are large and callers are not browsers, and, for models with text inputs, HTML, paths and URLs in bodies.
   */
  static managed(options: ManagedWebAclOptions = {}): WebAcl {
    return new WebAcl(undefined, options);
  }

  /** A firewall that is there already, in the same region and of the scope `REGIONAL`. */
  static fromArn(arn: string): WebAcl {
    return new WebAcl(arn);
  }

  private constructor(
    /** Set for a firewall that is there already. */
    readonly arn?: string,
    /** Set for a firewall to be made. */
    readonly managedOptions?: ManagedWebAclOptions,
  ) {}
}
