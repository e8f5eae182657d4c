import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { requireTool } from './tools.js';

/** An issuer of tokens, which publishes its keys over TLS as OpenID Connect Discovery specifies. */
export class Issuer {
  static async start(): Promise<Issuer> {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-issuer-'));
    const [keyFile, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', keyFile, '-out', certificate];
    execFileSync(requireTool('openssl'), ['req', '-x509', ...algorithm, ...subject, ...files], { stdio: 'pipe' });
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    const tls = { key: readFileSync(keyFile), cert: readFileSync(certificate) };
    const server = createServer(tls, (request, response) => {
      const { port } = server.address() as AddressInfo;
      const url = `https://127.0.0.1:${port}`;
      const documents: Record<string, object> = {
        '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
        '/keys': { keys: [key] },
      };
      const document = issuer.isBroken && request.url === '/keys' ? undefined : documents[request.url!];
      response.writeHead(document ? 200 : 404).end(JSON.stringify(document ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new Issuer(server, certificate, key, privateKey);
    return issuer;
  }

  /** Whether its keys cannot be read. */
  isBroken = false;

  private constructor(
    private readonly server: Server,
    /** Path of the certificate, which clients trust only if they are configured to. */
    readonly certificate: string,
    readonly publicKey: JWK,
    private readonly privateKey: CryptoKey,
  ) {}

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A token for one hour, unless the claims say otherwise. */
  token(claims: JWTPayload): Promise<string> {
    const hour = Math.floor(Date.now() / 1000) + 3600;
    return new SignJWT({ iss: this.url, sub: 'caller', exp: hour, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(this.privateKey);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
