import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
export interface ResourceAnswer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

/** CloudFormation waiting for a custom resource: an address in S3 that is signed for one PUT without a type. */
export class CloudFormationWaiting {
  readonly answers: ResourceAnswer[] = [];
  /** Asked for the next answer, it fails once, as S3 may. */
  failNext = false;
  private readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      if (this.failNext) {
        this.failNext = false;
        response.writeHead(503).end();
        return;
      }
      // Another method or type is not what was signed; S3 takes no body of unknown length; 4096 bytes are the most.
      const signed = request.method === 'PUT' && (request.headers['content-type'] ?? '') === '';
      if (!signed || request.headers['content-length'] === undefined || body.length > 4096) {
        response.writeHead(403).end();
        return;
      }
      this.answers.push(JSON.parse(body.toString()));
      response.writeHead(200).end();
    });
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/answer?X-Amz-Signature=0`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The only answer to an event, which says whom it is for. */
  answerTo(event: { StackId: string; RequestId: string; LogicalResourceId: string }): ResourceAnswer {
    const { StackId, RequestId, LogicalResourceId } = event;
    const [answer, ...more] = this.answers.splice(0);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ StackId, RequestId, LogicalResourceId });
    expect(answer!.PhysicalResourceId).not.toBe('');
    return answer!;
  }
}
