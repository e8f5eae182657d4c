import { TerraformOutput, type TerraformStack } from 'cdktf';
import type { ModelEndpoint } from '../../lib/serving/index.js';

/** Adds an output to a stack. */
export function output(stack: TerraformStack, name: string, value: string): void {
  new TerraformOutput(stack, name, { value, staticId: true });
}

/** Adds the URL of an endpoint and a command that invokes it to the outputs of a stack. */
export function outputEndpoint(stack: TerraformStack, { url, predictCommand }: ModelEndpoint): void {
  output(stack, 'url', url);
  if (predictCommand !== undefined) output(stack, 'predictCommand', predictCommand);
}
