import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { expect } from 'vitest';
import { AZURERM_FEATURES } from '../../../lib/azure/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageSource } from '../../../lib/serving/image-source.js';
import { ValidationError } from '../../../lib/serving/validation/validator.js';
import { writePackage } from '../../support/packages.js';

export const IMAGE = ImageSource.fromRegistry('registry.example/runtime:1');

/** Attributes of one resource, by their names in Terraform. */
// biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
export type Resource = Record<string, any>;

/** What was synthesized, to be asked for resources. */
export class Template {
  readonly json: Record<string, Record<string, Record<string, Resource>>>;

  constructor(stack: TerraformStack) {
    this.json = JSON.parse(Testing.synth(stack));
  }

  /** Every resource of a type, by its id. */
  all(type: string): Record<string, Resource> {
    return this.json.resource?.[type] ?? {};
  }

  /** The only resource of a type whose id matches. */
  one(type: string, id = /./): Resource {
    const found = Object.entries(this.all(type)).filter(([key]) => id.test(key));
    expect(found.map(([key]) => key)).toHaveLength(1);
    return found[0]![1];
  }

  /** The azapi resources of an ARM type, or all of them. */
  arm(type?: string): Resource[] {
    return ['azapi_resource', 'azapi_update_resource', 'azapi_resource_action']
      .flatMap((kind) => Object.values(this.all(kind)))
      .filter((resource) => type === undefined || resource.type.startsWith(`${type}@`));
  }
}

/** The function app of a template, and the app's variables. */
export function functionApp(template: Template): {
  readonly site: Resource;
  readonly settings: Record<string, string>;
} {
  const [resource] = template.arm('Microsoft.Web/sites');
  const { appSettings } = resource!.body.properties.siteConfig;
  return {
    site: resource!,
    settings: Object.fromEntries(appSettings.map(({ name, value }: Resource) => [name, value])),
  };
}

/** @param context context of the app, as in `cdktf.json` */
export function azureStack(context?: Record<string, unknown>): TerraformStack {
  const stack = new TerraformStack(Testing.app({ context }), 'stack');
  new AzurermProvider(stack, 'azurerm', { features: AZURERM_FEATURES, storageUseAzuread: true });
  return stack;
}

/** A model that differs from others by its version. */
export function model(version = '1'): Model {
  return Model.fromDirectory(writePackage({ version }));
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
