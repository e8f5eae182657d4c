/** Who issues the tokens that callers bring, and for whom. */
export interface JwtAccessOptions {
  /** The `iss` claim, an `https://` URL. Keys are discovered at `<issuer>/.well-known/openid-configuration`. */
  readonly issuer: string;
  /** The `aud` claim, of which a token must carry at least one. */
  readonly audience: string[];
}

/**
 * How callers prove that they may ask the model.
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
   * Callers sign with an identity of the cloud itself (AWS IAM, Microsoft Entra ID, Google IAM), and
   * `grantInvoke` lets one in. The default everywhere.
   */
  static cloudIdentity(): Access {
    return new Access('cloudIdentity');
  }

  /** Callers send a key that the endpoint made. Each key has its own quota where the target counts them. */
  static apiKey(): Access {
    return new Access('apiKey');
  }

  /** Callers send `Authorization: Bearer <JWT>`, signed by the issuer. */
  static jwt(options: JwtAccessOptions): Access {
    return new Access('jwt', options);
  }

  /** Anyone who reaches the endpoint may ask the model, and what they ask is paid by its owner. */
  static anonymous(): Access {
    return new Access('anonymous');
  }

  private constructor(
    /** One of `cloudIdentity`, `apiKey`, `jwt` and `anonymous`. */
    readonly kind: 'cloudIdentity' | 'apiKey' | 'jwt' | 'anonymous',
    /** Set when `kind` is `jwt`. */
    readonly jwtOptions?: JwtAccessOptions,
  ) {}
}
