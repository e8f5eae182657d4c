import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import type { GoogleServingProps } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageSource } from '../../../lib/serving/image-source.js';
import { ValidationError } from '../../../lib/serving/validation/validator.js';
import { writePackage } from '../../support/packages.js';

export const REGION = 'europe-west4';
export const IMAGE = `${REGION}-docker.pkg.dev/project/runtime/runtime@sha256:${'0a'.repeat(32)}`;
export const KEY = `projects/keys-project/locations/${REGION}/keyRings/ring/cryptoKeys/key`;

export const model = Model.fromDirectory(writePackage());

/** The least that every construct takes. */
export const minimal: GoogleServingProps = { model, region: REGION, image: ImageSource.fromRegistry(IMAGE) };

export function googleStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), 'stack');
  new GoogleProvider(stack, 'google', { project: 'project-a', region: REGION });
  return stack;
}

// biome-ignore lint/suspicious/noExplicitAny: the template is whatever Terraform's JSON syntax allows
export type Template = any;

export function template(stack: TerraformStack): Template {
  return JSON.parse(Testing.synth(stack, true));
}

/** The resources of a type, by any order. */
export function resources(from: Template, type: string): Template[] {
  return Object.values(from.resource?.[type] ?? {});
}

/** The only resource of a type. */
export function only(from: Template, type: string): Template {
  const found = resources(from, type);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}, not 1`);
  return found[0];
}

/** Addresses of everything that `resource` waits for, directly or through others. */
export function waitsFor(from: Template, resource: Template): string[] {
  const found = new Set<string>();
  const visit = (depends: string[] = []) => {
    for (const address of depends) {
      if (found.has(address)) continue;
      found.add(address);
      const [type, id] = address.split('.') as [string, string];
      visit(from.resource[type]?.[id]?.depends_on);
    }
  };
  visit(resource.depends_on);
  return [...found];
}

/** The stable codes of what is wrong, each with its prop. */
export function faultsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ValidationError) return error.faults.map(({ prop, code }) => `${prop} ${code}`).sort();
    throw error;
  }
  return [];
}
