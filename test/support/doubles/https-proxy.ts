import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../tools.js';

/**
 * HTTPS proxy that answers in the place of the hosts. Clients reach it by the usual variables for proxies, with their own
 * URLs, and trust the certificate by `SSL_CERT_FILE`.
 */
export class HttpsProxy {
  private readonly folder = mkdtempSync(join(tmpdir(), 'https-proxy-'));
  private readonly certificate = join(this.folder, 'certificate.pem');
  private readonly server: Server = createServer();
  private readonly sockets = new Set<Socket>();
  private readonly hosts: TlsServer;

  /** @param names host names of the certificate, where `*` stands for one label */
  static async start(names: readonly string[], answer: RequestListener): Promise<HttpsProxy> {
    const proxy = new HttpsProxy(names, answer);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  private constructor(names: readonly string[], answer: RequestListener) {
    const key = join(this.folder, 'key.pem');
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
    execFileSync(
      requireTool('openssl'),
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=local double'],
        ...['-addext', alternatives, '-keyout', key, '-out', this.certificate],
      ],
      { stdio: 'ignore' },
    );
    this.hosts = createTlsServer({ key: readFileSync(key), cert: readFileSync(this.certificate) }, answer);
    this.server.on('connect', (_, socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      this.hosts.emit('connection', socket);
    });
  }

  get env(): Record<string, string> {
    return {
      HTTPS_PROXY: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      SSL_CERT_FILE: this.certificate,
    };
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
