import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { LambdaEnvironment } from '../contract/lambda-interface.js';

/** Invocation that a local AWS endpoint forwards. */
interface Invocation {
  readonly name: string;
  readonly version: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly codeFolder: string;
  readonly layerFolder: string | null;
  readonly event: object;
}

/** Runs functions of a local AWS endpoint, a process under AWS's runtime interface client for each version. */
export class LocalFunctions {
  static async start(): Promise<LocalFunctions> {
    const functions = new LocalFunctions();
    functions.server.listen(0, '127.0.0.1');
    await once(functions.server, 'listening');
    return functions;
  }

  /** Variables that every function gets: where AWS is. */
  environment: Readonly<Record<string, string>> = {};
  /** Called before each invocation. */
  onInvoke: (invocation: Invocation) => void | Promise<void> = () => {};
  private readonly server: Server;
  private readonly running = new Map<string, LambdaEnvironment>();

  private constructor() {
    this.server = createServer(async (request, response) => {
      const invocation = (await json(request)) as Invocation;
      await this.onInvoke(invocation);
      const answer = await this.invoke(invocation);
      response.end(JSON.stringify(answer));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What the processes have written. */
  get log(): string {
    return [...this.running.values()].map(({ log }) => log).join('');
  }

  /** Ends the processes of all versions. */
  async end(): Promise<void> {
    for (const environment of this.running.values()) await environment.stop();
    this.running.clear();
  }

  async stop(): Promise<void> {
    await this.end();
    this.server.closeAllConnections();
    this.server.close();
  }

  private async invoke(invocation: Invocation): Promise<{ isError: boolean; payload: string }> {
    try {
      const payload = await (await this.environmentOf(invocation)).payload(invocation.event);
      return { isError: false, payload: payload.toString('base64') };
    } catch (error) {
      return { isError: true, payload: Buffer.from((error as Error).message).toString('base64') };
    }
  }

  private async environmentOf(invocation: Invocation): Promise<LambdaEnvironment> {
    const { name, version, handler, environment, timeoutSeconds, codeFolder, layerFolder } = invocation;
    const variables = { ...this.environment, ...environment, AWS_LAMBDA_FUNCTION_VERSION: version };
    // Another configuration is another environment.
    const key = JSON.stringify([name, codeFolder, variables]);
    const running = this.running.get(key);
    if (running) return running;
    const here = (path: string) => path.replace(/^\/opt\//, `${layerFolder}/`).replace(/^\/var\/task/, codeFolder);
    const entries = Object.entries(variables).map(([variable, value]) => [variable, here(value)]);
    const started = new LambdaEnvironment({
      handler: here(handler),
      codeFolder,
      timeoutSeconds,
      environment: Object.fromEntries(entries),
    });
    this.running.set(key, started);
    await started.start();
    return started;
  }
}
