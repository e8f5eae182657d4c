/** Issuer and audience of the JWTs that callers send. */
export interface JwtAccessOptions {
  /**
   * Expected `iss` claim, an `https://` URL. The signing keys are discovered at
   * `<issuer>/.well-known/openid-configuration`.
   */
  readonly issuer: string;
  /** Accepted values of the `aud` claim. A token must contain at least one of them. */
  readonly audience: string[];
}

/** Settings of an authentication method. The member `kind` discriminates the union. */
export type AccessSettings =
  | { readonly kind: 'cloudIdentity' | 'apiKey' | 'anonymous' }
  | { readonly kind: 'jwt'; readonly options: JwtAccessOptions };

/**
 * Authentication method for callers of an endpoint.
 *
 * @example
 * ```ts
 * import { Access } from 'modelship';
 * import { ServerlessModel } from 'modelship/aws';
 *
 * const access = Access.jwt({ issuer: 'https://login.example.com/', audience: ['iris'] });
 * new ServerlessModel(stack, 'Iris', { model, access });
 * ```
 */
export class Access {
  /**
   * Callers authenticate with an identity of the cloud itself: AWS IAM, Microsoft Entra ID or Google IAM.
   * `grantInvoke` authorizes a caller. The default on every target.
   */
  static cloudIdentity(): Access {
    return new Access({ kind: 'cloudIdentity' });
  }

  /** Callers send an API key that the endpoint created. Each key has its own quota if the target supports quotas. */
  static apiKey(): Access {
    return new Access({ kind: 'apiKey' });
  }

  /** Callers send `Authorization: Bearer <JWT>` with a token signed by the issuer. */
  static jwt(options: JwtAccessOptions): Access {
    return new Access({ kind: 'jwt', options });
  }

  /** Anyone who can reach the endpoint can invoke the model, at the expense of its owner. */
  static anonymous(): Access {
    return new Access({ kind: 'anonymous' });
  }

  private constructor(
    /** Settings of the access. Its member `kind` tells its type. */
    readonly settings: AccessSettings,
  ) {}

  /** Kind of access, the same as `settings.kind`. */
  get kind(): AccessSettings['kind'] {
    return this.settings.kind;
  }

  /** Options of JWT access. Set when `kind` is `jwt`. */
  get jwtOptions(): JwtAccessOptions | undefined {
    return this.settings.kind === 'jwt' ? this.settings.options : undefined;
  }
}
