import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerraformStack } from 'cdktf';
import {
  AzureImage,
  type AzureServingProps,
  ContainerModel,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
} from '../../../lib/azure/index.js';
import { azureStack, IMAGE, model, Template } from './support.js';

const MODEL = model();

/** One way to serve on Azure: a construct, and the host it is on. */
export interface AzureCase {
  readonly name: string;
  /** What the model's name is where it is told apart. */
  make(stack: TerraformStack, props?: Partial<AzureServingProps>): unknown;
  synthesize(props?: Partial<AzureServingProps>): Template;
}

function azureCase(name: string, make: (stack: TerraformStack, props: AzureServingProps) => unknown): AzureCase {
  const complete = (stack: TerraformStack, props: Partial<AzureServingProps> = {}) =>
    make(stack, { model: MODEL, location: 'westeurope', ...props });
  return {
    name,
    make: complete,
    synthesize(props) {
      const stack = azureStack();
      complete(stack, props);
      return new Template(stack);
    },
  };
}

function builtImage(): AzureImage {
  const directory = mkdtempSync(join(tmpdir(), 'modelship-context-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
  return AzureImage.fromAcrTask({ context: { directory, digest: 'ab'.repeat(32) } });
}

/** Every construct on every host, one of them with an image that is built. */
export const CASES: readonly AzureCase[] = [
  azureCase('ServerlessModel on Functions', (stack, props) => new ServerlessModel(stack, 'Iris', props)),
  azureCase(
    'ServerlessModel on Container Apps',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', { ...props, host: ServerlessHost.containerApps({ image: IMAGE }) }),
  ),
  azureCase('ContainerModel', (stack, props) => new ContainerModel(stack, 'Iris', { ...props, image: builtImage() })),
  azureCase(
    'ManagedEndpointModel',
    (stack, props) => new ManagedEndpointModel(stack, 'Iris', { ...props, image: IMAGE }),
  ),
];
