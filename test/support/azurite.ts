import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from './tools.js';

/** The account that every Azurite has, with the key that its documentation gives. */
export const AZURITE_ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const API_VERSION = '2021-12-02';

/** Azure's emulator of Blob Storage, with TLS, as it takes tokens by TLS alone. The certificate is its own. */
export class Azurite {
  static async start(): Promise<Azurite> {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-azurite-'));
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [string, string];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync(requireTool('openssl'), ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], {
      stdio: 'ignore',
    });
    const main = createRequire(__filename).resolve('azurite/dist/src/blob/main.js');
    const options = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--oauth', 'basic', '--cert', cert, '--key', key];
    const quiet = ['--inMemoryPersistence', '--disableTelemetry', '--silent'];
    const child = spawn(process.execPath, [main, ...options, ...quiet], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString();
        const found = /listens on https:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
        if (found) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${output}`)));
    });
    return new Azurite(`https://127.0.0.1:${port}/${AZURITE_ACCOUNT}`, child);
  }

  private constructor(
    /** Of the account; what follows is as in Azure. */
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** A token as Microsoft Entra ID gives it; Azurite checks what it says, and not the signature. */
  token(audience = 'https://storage.azure.com/'): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${TENANT}/`,
      iat: now,
      nbf: now - 60,
      exp: now + 3600,
    };
    const parts = [{ alg: 'RS256', typ: 'JWT' }, claims];
    return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.c2lnbmF0dXJl`;
  }

  /** A signature that lets read and list a container, as the query of a URL. */
  signature(container: string, expires: Date, permissions = 'rl'): string {
    const expiry = expires.toISOString().replace(/\.\d+Z$/, 'Z');
    const resource = `/blob/${AZURITE_ACCOUNT}/${container}`;
    const signed = [
      permissions,
      '',
      expiry,
      resource,
      '',
      '',
      'https,http',
      API_VERSION,
      'c',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
    ];
    const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(signed.join('\n')).digest('base64');
    return new URLSearchParams({
      sp: permissions,
      se: expiry,
      spr: 'https,http',
      sv: API_VERSION,
      sr: 'c',
      sig: signature,
    }).toString();
  }

  async createContainer(container: string): Promise<void> {
    await this.put(`${container}?restype=container`, Buffer.alloc(0), {});
  }

  async upload(path: string, bytes: Buffer): Promise<void> {
    await this.put(path, bytes, { 'x-ms-blob-type': 'BlockBlob' });
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }

  private async put(path: string, bytes: Buffer, headers: Record<string, string>): Promise<void> {
    const response = await fetch(`${this.url}/${path}`, {
      method: 'PUT',
      body: new Uint8Array(bytes),
      headers: { authorization: `Bearer ${this.token()}`, 'x-ms-version': API_VERSION, ...headers },
    });
    if (!response.ok) throw new Error(`Azurite answered ${response.status} to PUT ${path}: ${await response.text()}`);
  }
}

const TENANT = '00000000-0000-0000-0000-000000000001';
