import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { type ServerProcess, until } from '../faults/servers.js';

export const THREE = { [ENVIRONMENT.processes]: '3' };

/** Waits until each of the server's three processes takes requests. */
export async function everyProcess(server: ServerProcess): Promise<string> {
  const base = await Promise.race([server.url, server.exit]);
  expect(base, server.log()).toMatch(/^http/);
  await until(async () => server.log().includes('"message":"every process serves"'));
  return base as string;
}

/** Waits until a process that was killed is replaced, for the first time. */
export function replaced(server: ServerProcess): Promise<void> {
  return until(async () => server.log().split('"message":"every process serves"').length === 3);
}

/** Process IDs of the processes that take requests. */
export function childrenOf({ child }: ServerProcess): readonly number[] {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** A client with connections of its own, which are kept alive. */
export class Client {
  private readonly agent: Agent;
  private readonly port: string;

  constructor(base: string, connections: number) {
    this.port = new URL(base).port;
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @returns the status and the body, or the code of the error */
  post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
    const { port, agent } = this;
    return new Promise<{ readonly outcome: string; readonly text: string }>((resolve) => {
      const call = request({ port, path, method: 'POST', agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.once('end', () => resolve({ outcome: String(answer.statusCode), text }));
        answer.once('error', (error) => resolve({ outcome: error.message, text }));
      });
      call.on('error', (error: NodeJS.ErrnoException) => resolve({ outcome: error.code ?? error.message, text: '' }));
      call.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
