import Module from 'node:module';
import { afterEach, expect, test, vi } from 'vitest';
import { azurerm } from '../../../lib/terraform/bindings/azurerm.js';
import { google } from '../../../lib/terraform/bindings/google.js';
import { kubernetes } from '../../../lib/terraform/bindings/kubernetes.js';

type Resolve = (request: string, parent: unknown, isMain: boolean, options?: { paths: string[] }) => string;
const resolver = Module as unknown as { _resolveFilename: Resolve };

/** Lets Node.js look for packages that match `name` in a folder without packages. */
function uninstall(name: string): void {
  const resolve = resolver._resolveFilename;
  vi.spyOn(resolver, '_resolveFilename').mockImplementation((request, parent, isMain, options) =>
    resolve.call(Module, request, parent, isMain, request.startsWith(name) ? { paths: ['/'] } : options),
  );
}

afterEach(() => vi.restoreAllMocks());

test.each([
  ['@cdktf/provider-azurerm', () => azurerm.ResourceGroup],
  ['@cdktf/provider-google', () => google.StorageBucket],
  ['@cdktf/provider-kubernetes', () => kubernetes.KubernetesProvider],
])('the install command of %s is named if the package is missing', (name, use) => {
  uninstall(name);
  expect(use).toThrow(`The package ${name} is not installed. Run \`npm install ${name}\``);
});

test('another missing package keeps its error', () => {
  uninstall('cdktf');
  expect(() => kubernetes.ServiceV1).toThrow(/^Cannot find module 'cdktf'/);
});

test('a class loads', () => {
  expect(kubernetes.ServiceV1.tfResourceType).toBe('kubernetes_service_v1');
});
