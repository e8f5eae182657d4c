/** A request before it is authenticated. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Headers with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * Returns the headers of `request` with credentials added.
 *
 * @throws Error if there are no credentials
 */
export type Authenticator = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>;
