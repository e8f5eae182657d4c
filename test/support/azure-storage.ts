import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { AZURITE_ACCOUNT, Azurite } from './azurite.js';

/** URL of the account in the cloud. */
export const AZURE_STORAGE_URL = `https://${AZURITE_ACCOUNT}.blob.core.windows.net`;

/** Azure Blob Storage as code in this process uses it: by the name of the account, with a managed identity. */
export class AzureStorage {
  /** Starts the emulator with an empty container. `vi.unstubAllGlobals()` and `vi.unstubAllEnvs()` end the redirection. */
  static async start(container: string): Promise<AzureStorage> {
    // For the emulator's certificate.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const azurite = await Azurite.start();
    const identity = createServer((_, response) => response.end(JSON.stringify({ access_token: azurite.token() })));
    identity.listen(0, '127.0.0.1');
    await once(identity, 'listening');
    vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`);
    // Stands for the name service: the account's name leads to the emulator.
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      fetch(url.replace(AZURE_STORAGE_URL, azurite.url), init),
    );
    await azurite.createContainer(container);
    return new AzureStorage(azurite, identity);
  }

  private constructor(
    private readonly azurite: Azurite,
    private readonly identity: Server,
  ) {}

  async stop(): Promise<void> {
    this.identity.close();
    await this.azurite.stop();
  }
}
