import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { requireTool } from './tools.js';

/** The variables that send AWS's SDKs and command-line tools to one endpoint, with credentials that open nothing. */
export function localAws(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** A local AWS endpoint. */
export class Moto {
  /**
   * @param apiGateway address of what stands for API Gateway: with one, state machines are executed. Default: none
   * @param functions address of what runs functions: with one, they can be invoked. Default: none
   */
  static async start({ apiGateway, functions }: { apiGateway?: string; functions?: string } = {}): Promise<Moto> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    requireTool('moto_server');
    const script = join(__dirname, 'moto', apiGateway ? 'moto_states.py' : 'moto_server.py');
    const url = `http://localhost:${port}`;
    // Some resources are made by calls to itself.
    const env = {
      ...process.env,
      ...localAws(url),
      ...(apiGateway ? { EXECUTE_API_URL: apiGateway } : {}),
      ...(functions ? { FUNCTIONS_URL: functions } : {}),
    };
    const child = spawn(requireTool('python3'), [script, '-H', 'localhost', '-p', `${port}`], { stdio: 'ignore', env });
    const moto = new Moto(url, child);
    await moto.answering();
    return moto;
  }

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  get env(): Record<string, string> {
    return localAws(this.url);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private async answering(): Promise<void> {
    for (;;) {
      if (await fetch(`${this.url}/moto-api/data.json`).catch(() => undefined)) return;
      if (this.child.exitCode !== null) throw new Error(`moto_server ended with ${this.child.exitCode}`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }
}
