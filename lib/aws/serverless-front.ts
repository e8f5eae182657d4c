/** How callers reach the function. */
export class ServerlessFront {
  /**
   * An API Gateway REST API: every kind of `access`, quotas, a firewall, and requests checked against the model's
   * signature. Answers are streamed, so that they may have more than 6 MB and be binary. The default.
   */
  static restApi(): ServerlessFront {
    return new ServerlessFront('restApi');
  }

  /**
   * An API Gateway HTTP API: cheaper and a little faster than a REST API, by IAM, JWT or open to anyone. Requests and
   * answers have at most 6 MB.
   */
  static httpApi(): ServerlessFront {
    return new ServerlessFront('httpApi');
  }

  /**
   * The function's own URL: no price of its own, requests of up to 15 minutes, and nothing that throttles but
   * `maxReplicas`. By IAM or open to anyone. Answers are streamed, so that they may have more than 6 MB.
   */
  static functionUrl(): ServerlessFront {
    return new ServerlessFront('functionUrl');
  }

  private constructor(
    /** One of `restApi`, `httpApi` and `functionUrl`. */
    readonly kind: 'restApi' | 'httpApi' | 'functionUrl',
  ) {}
}
