import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../support/tools.js';

const CLIENT = 'aws-lambda-ric@3.3.0';

/**
 * The folder of AWS's own runtime interface client, the code that Lambda starts a handler with. It is compiled while it
 * installs, which takes minutes, and so is kept between runs.
 */
export function runtimeInterfaceClient(): string {
  const folder = join(homedir(), '.cache', 'modelship-test', CLIENT.replace('@', '-'));
  if (existsSync(folder)) return folder;
  for (const tool of ['cmake', 'autoconf', 'automake', 'libtoolize', 'unzip']) requireTool(tool);
  const building = `${folder}-${process.pid}`;
  mkdirSync(building, { recursive: true });
  writeFileSync(join(building, 'package.json'), '{ "private": true }');
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', CLIENT], { cwd: building, stdio: 'pipe' });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return folder;
}

/** What Lambda hands to the process that runs a handler. */
export interface FunctionProcess {
  /** `FILE.EXPORT`, the file from the folder of the code or absolute. */
  readonly handler: string;
  /** Where the function's code lies. */
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds that the process has for an event. @default 29 */
  readonly timeoutSeconds?: number;
  /** What is started for a host of the Runtime API. @default AWS's client, with the handler */
  readonly command?: (runtimeApi: string) => readonly [string, ...string[]];
}

/** What a handler that streams has written, as Lambda tells it to API Gateway and to callers of a function URL. */
export interface StreamedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the process posted for an event. */
interface Posted {
  readonly isError: boolean;
  readonly isStreamed: boolean;
  readonly body: Buffer;
}

/** Largest answer of a handler that does not stream. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ANSWER_BYTES = 6 * 2 ** 20;

/** Stands between what describes a streamed answer and its body. */
const DELIMITER = Buffer.alloc(8);

/** A process of the function under AWS's runtime interface client, and Lambda's Runtime API at its other end. */
export class LambdaEnvironment {
  private readonly server: Server;
  private process: ChildProcess | undefined;
  private waiting: ServerResponse[] = [];
  private readonly events: { id: string; event: object }[] = [];
  private readonly answers = new Map<string, (answer: Posted) => void>();
  /** Everything that the process has written. */
  log = '';
  /** How often the process asked for an event, which it does once it is initialized. */
  asked = 0;

  constructor(private readonly code: FunctionProcess) {
    this.server = createServer((request, response) => this.runtimeApi(request, response));
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const { port } = this.server.address() as AddressInfo;
    const [executable, ...args] = this.code.command?.(`127.0.0.1:${port}`) ?? [
      process.execPath,
      join(runtimeInterfaceClient(), 'node_modules', 'aws-lambda-ric', 'bin', 'index.mjs'),
      this.code.handler,
    ];
    this.process = spawn(executable, args, {
      cwd: this.code.codeFolder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LAMBDA_TASK_ROOT: this.code.codeFolder,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: 'iris',
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        ...this.code.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', (chunk) => {
        this.log += chunk;
      });
    }
    this.process.once('exit', (code) => {
      for (const answer of this.answers.values()) {
        answer({ isError: true, isStreamed: false, body: Buffer.from(`ended with ${code}:\n${this.log}`) });
      }
    });
  }

  /** What the handler returns for `event`, or throws what it throws. */
  async invoke<T>(event: object): Promise<T> {
    const { body } = await this.post(event);
    if (body.length > MAX_ANSWER_BYTES) throw new Error(`an answer of ${body.length} bytes, which Lambda refuses`);
    return JSON.parse(body.toString());
  }

  /** What the handler writes for `event`, or throws what it throws. */
  async stream(event: object): Promise<StreamedAnswer> {
    const { isStreamed, body } = await this.post(event);
    const end = body.indexOf(DELIMITER);
    if (!isStreamed || end === -1) throw new Error(`an answer that is not streamed: ${body.subarray(0, 1000)}`);
    return { ...JSON.parse(body.subarray(0, end).toString()), body: body.subarray(end + DELIMITER.length) };
  }

  /** The bytes that the process posts for `event`, as callers of Lambda's API get them, or throws what it throws. */
  async payload(event: object): Promise<Buffer> {
    return (await this.post(event)).body;
  }

  private async post(event: object): Promise<Posted> {
    const id = crypto.randomUUID();
    const answered = new Promise<Posted>((resolve) => this.answers.set(id, resolve));
    this.events.push({ id, event });
    this.deliver();
    const posted = await answered;
    if (posted.isError) throw new Error(posted.body.toString());
    return posted;
  }

  async stop(): Promise<void> {
    if (this.process && this.process.exitCode === null) {
      this.process.kill('SIGKILL');
      await once(this.process, 'exit');
    }
    this.server.closeAllConnections();
    this.server.close();
  }

  private runtimeApi(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    if (path.endsWith('/invocation/next')) {
      this.asked += 1;
      this.waiting.push(response);
      this.deliver();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(202).end('{}');
      const [, id, kind] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
      // A stream tells of a failure after what it has written.
      const failure = request.trailers['lambda-runtime-function-error-body'];
      const posted = {
        isError: kind !== 'response' || failure !== undefined,
        isStreamed:
          request.headers['lambda-runtime-function-response-mode'] === 'streaming' &&
          request.headers['content-type'] === 'application/vnd.awslambda.http-integration-response',
        body: failure === undefined ? Buffer.concat(chunks) : Buffer.from(String(failure), 'base64'),
      };
      // `/init/error` belongs to no invocation, and so to all.
      const ids = id ? [id] : [...this.answers.keys()];
      for (const each of ids) this.answers.get(each)?.(posted);
      for (const each of ids) this.answers.delete(each);
    });
  }

  private deliver(): void {
    while (this.waiting.length > 0 && this.events.length > 0) {
      const { id, event } = this.events.shift()!;
      this.waiting
        .shift()!
        .writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': id,
          'lambda-runtime-deadline-ms': String(Date.now() + (this.code.timeoutSeconds ?? 29) * 1000),
          'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:iris:live',
          'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
        })
        .end(JSON.stringify(event));
    }
  }
}
