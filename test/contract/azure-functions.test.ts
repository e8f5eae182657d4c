import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerraformAsset } from 'cdktf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../lib/azure/index.js';
import { Access } from '../../lib/serving/access.js';
import { azureStack, functionApp, type Resource, Template } from '../lib/azure/support.js';
import { freePort } from '../support/free-port.js';
import { expectSamples, IRIS, StartedRuntime } from './started-runtime.js';

/** Plays the Functions host on a function app: reads its files, starts its custom handler, and forwards requests. */
class FunctionsHost {
  private readonly host: Resource;
  private readonly triggers: Resource[];

  private constructor(
    folder: string,
    readonly handler: StartedRuntime,
  ) {
    this.host = json(folder, 'host.json');
    this.triggers = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(folder, entry.name)).includes('function.json'))
      .map(({ name }) => json(folder, name, 'function.json').bindings[0]);
  }

  static async start(folder: string, appSettings: Record<string, string>): Promise<FunctionsHost> {
    const { customHandler } = json(folder, 'host.json');
    const port = await freePort();
    const handler = new StartedRuntime({
      command: [customHandler.description.defaultExecutablePath, ...customHandler.description.arguments],
      cwd: folder,
      env: { ...appSettings, FUNCTIONS_CUSTOMHANDLER_PORT: String(port) },
      port,
    });
    return new FunctionsHost(folder, handler);
  }

  /** What a caller gets: the host finds the trigger, checks the key, and forwards what came to the same path. */
  async ask(path: string, init: RequestInit, key?: string): Promise<Response> {
    expect(this.host.extensions.http.routePrefix).toBe('');
    expect(this.host.customHandler.enableForwardingHttpRequest).toBe(true);
    const [trigger] = this.triggers;
    expect(trigger!.route).toBe('{*path}');
    if (trigger!.authLevel === 'function' && key !== 'secret') return new Response('', { status: 401 });
    const headers = new Headers(init.headers);
    headers.set('x-forwarded-for', '203.0.113.7:4711');
    headers.set('x-azure-functions-invocationid', '0b9c1c7e-0000-4000-8000-000000000000');
    if (key) headers.set('x-functions-key', key);
    return fetch(this.handler.url + path, { ...init, headers });
  }
}

function json(...path: string[]): Resource {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

async function startApp(access: Access): Promise<FunctionsHost> {
  const stack = azureStack();
  new ServerlessModel(stack, 'Iris', { model: IRIS, location: 'westeurope', access });
  const { settings } = functionApp(new Template(stack));
  const asset = stack.node.findAll().find(({ node }) => node.path.endsWith('Functions/Package')) as TerraformAsset;
  return FunctionsHost.start((asset as unknown as { sourcePath: string }).sourcePath, settings);
}

describe('a function app', () => {
  let host: FunctionsHost;

  beforeAll(async () => {
    host = await startApp(Access.apiKey());
    await host.handler.until('/v2/health/ready');
  });

  afterAll(() => host?.handler.stop());

  test('gives the predictions that the package promises, at the paths that callers use everywhere', async () => {
    await expectSamples(IRIS, (path, init) => host.ask(path, init, 'secret'));
  });

  test('forwards what is not JSON as it came', async () => {
    const answer = await host.ask(`/v1/models/${IRIS.name}:predict`, { method: 'POST', body: '{' }, 'secret');
    expect(answer.status).toBe(400);
  });

  test('turns away who brings no key, before the runtime hears of it', async () => {
    const answer = await host.ask(`/v1/models/${IRIS.name}`, {});
    expect(answer.status).toBe(401);
  });

  test('ends its handler, which leaves with 0', async () => {
    expect(await host.handler.stop()).toBe(0);
  });
});
