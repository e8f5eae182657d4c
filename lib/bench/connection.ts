import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Options to verify the server of an HTTPS URL. */
export type ConnectionTls = Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>;

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * A persistent connection that sends one request after another. It reads only the status and the length of a response,
 * because time spent by the load generator would count as server time.
 */
export class Connection {
  private readonly socket: Socket;
  private pending: Buffer = Buffer.alloc(0);
  private settle: { resolve(status: number): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  /** Connects to the host of `url`. */
  static open(url: URL, tls: ConnectionTls = {}): Promise<Connection> {
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (secure ? 443 : 80));
    return new Promise((resolve, reject) => {
      const socket = secure
        ? connectTls({ host, port, servername: isIP(host) ? '' : host, ...tls })
        : connectTcp({ host, port });
      socket.once('error', reject);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.removeListener('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends `request`, and returns the status of the response once its body is read. One request at a time. */
  exchange(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const headEnd = this.pending.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.pending.toString('latin1', 0, headEnd).toLowerCase();
    const bodyStart = headEnd + HEAD_END.length;
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    const whole = length
      ? this.pending.length >= bodyStart + Number(length[1])
      : this.pending.length >= bodyStart + LAST_CHUNK.length &&
        this.pending.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    if (!whole) return;
    this.pending = Buffer.alloc(0);
    const { settle } = this;
    this.settle = undefined;
    settle?.resolve(Number(head.slice(9, 12)));
  }

  private fail(error: Error): void {
    const { settle } = this;
    this.settle = undefined;
    settle?.reject(error);
  }
}

/** Returns the bytes of a POST request. */
export function postBytes(url: URL, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ host: url.host, 'content-length': String(body.length), ...headers });
  const head = `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
