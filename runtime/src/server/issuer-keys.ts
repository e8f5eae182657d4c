import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';

/** Keys older than this are fetched again, in the background. */
const FRESH_MS = 10 * 60_000;

/** After an attempt the issuer is not asked again for this long, whatever tokens ask for. */
const COOLDOWN_MS = 5_000;

/** How long the issuer may take for one document. */
const ANSWER_MS = 5_000;

/** Bytes of a discovery document or a key set; those of large issuers have some 20,000. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/**
 * The public keys of one issuer, found by OpenID Connect discovery. Keys that were read once are kept while the issuer
 * is down.
 */
export class IssuerKeys {
  private keys: JWTVerifyGetKey | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly issuer: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws Error if the keys were never read and cannot be read now */
  async current(): Promise<JWTVerifyGetKey> {
    if (!this.keys) await this.refresh();
    else if (this.now() - this.readAt > FRESH_MS) this.refresh().catch(() => {});
    if (!this.keys) throw new Error('the keys of the issuer cannot be read');
    return this.keys;
  }

  /** Reads the keys again because a token names one that is not among them. Returns the keys there are after that. */
  async renewed(): Promise<JWTVerifyGetKey> {
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
    // Required by OpenID Connect Discovery 1.0, 4.3.
    if (issuer?.replace(/\/$/, '') !== base) throw new Error(`the discovery document is of another issuer: ${issuer}`);
    if (new URL(keys).protocol !== new URL(this.issuer).protocol) throw new Error('the keys are at another protocol');
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
