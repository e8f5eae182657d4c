import type { JSONWebKeySet } from 'jose';

/**
 * Key set for `jwtVerify` of jose. The type hides jose's own, because jose is bundled and its declarations are not installed
 * with this package.
 */
export type IssuerKeySet = (header: never, token: never) => unknown;

/** Age in milliseconds after which cached keys are refreshed in the background. */
const FRESH_MS = 10 * 60_000;

/** Minimum pause in milliseconds between two requests to the issuer, whatever keys the tokens name. */
const COOLDOWN_MS = 5_000;

/** Timeout in milliseconds for one document of the issuer. */
const ANSWER_MS = 5_000;

/** Maximum size in bytes of a discovery document or a key set. Large issuers use about 20,000 bytes. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/**
 * Public keys of one issuer, found with OpenID Connect discovery. Cached keys remain in use while the issuer is
 * unavailable.
 */
export class IssuerKeys {
  private keys: IssuerKeySet | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly issuer: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Returns the cached keys and fetches them on the first call.
   *
   * @throws Error if the keys were never read and cannot be read now
   */
  async current(): Promise<IssuerKeySet> {
    if (!this.keys) await this.refresh();
    else if (this.now() - this.readAt > FRESH_MS) this.refresh().catch(() => {});
    if (!this.keys) throw new Error('the keys of the issuer cannot be read');
    return this.keys;
  }

  /** Refreshes the keys because a token names an unknown key ID, and returns the current keys. */
  async renewed(): Promise<IssuerKeySet> {
    await this.refresh().catch(() => {});
    return this.current();
  }

  private refresh(): Promise<void> {
    if (!this.reading && this.now() - this.triedAt < COOLDOWN_MS) return Promise.resolve();
    this.reading ??= this.read().finally(() => {
      this.triedAt = this.now();
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    const { createLocalJWKSet } = await import('jose');
    const base = this.issuer.replace(/\/$/, '');
    const { issuer, jwks_uri: keys } = (await document(`${base}/.well-known/openid-configuration`)) as {
      issuer?: string;
      jwks_uri: string;
    };
    // OpenID Connect Discovery 1.0, section 4.3, requires this check.
    if (issuer?.replace(/\/$/, '') !== base) throw new Error(`the discovery document names another issuer: ${issuer}`);
    if (new URL(keys).protocol !== new URL(this.issuer).protocol)
      throw new Error('the signing keys are not served over the protocol of the issuer');
    this.keys = createLocalJWKSet((await document(keys)) as JSONWebKeySet);
    this.readAt = this.now();
  }
}

async function document(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) throw new Error(`${url} is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
