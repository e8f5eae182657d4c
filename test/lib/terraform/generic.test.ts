import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn, TerraformOutput, TerraformStack, Testing } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { ModelServer } from '../../../lib/serving/servers/model-server.js';
import { GenericProvider, GenericResource } from '../../../lib/terraform/generic.js';
import { packageAssets, packagePrefix } from '../../../lib/terraform/package-files.js';
import { validatorFor } from '../../../lib/terraform/validator.js';
import { writePackage } from '../../support/packages.js';

function synthesized(stack: TerraformStack) {
  return JSON.parse(Testing.synth(stack));
}

function stackWithProvider(alias?: string) {
  const stack = new TerraformStack(Testing.app(), 'stack');
  const provider = new GenericProvider(stack, 'azapi', {
    name: 'azapi',
    source: 'Azure/azapi',
    versionConstraint: '~> 2.7',
    ...(alias ? { alias } : {}),
    attributes: { use_oidc: true },
  });
  return { stack, provider };
}

describe('a provider without bindings', () => {
  test('is required by source and constraint', () => {
    const { stack } = stackWithProvider();
    const template = synthesized(stack);
    expect(template.terraform.required_providers.azapi).toEqual({ source: 'Azure/azapi', version: '~> 2.7' });
    expect(template.provider.azapi).toEqual([{ use_oidc: true }]);
  });

  test('has nested bodies with tokens in them, dependencies and a lifecycle', () => {
    const { stack, provider } = stackWithProvider();
    const first = new GenericResource(stack, 'first', {
      type: 'azapi_resource',
      provider,
      attributes: { body: { properties: { osType: 'Linux', keepsCase: { x: [1, 2] } } } },
    });
    const second = new GenericResource(stack, 'second', {
      type: 'azapi_resource',
      provider,
      attributes: { parent_id: first.id, body: { properties: { name: Fn.lower(first.id) } } },
      dependsOn: [first],
      lifecycle: { createBeforeDestroy: true },
    });
    new TerraformOutput(stack, 'uri', { value: second.interpolationForAttribute('output.properties.scoringUri') });
    const template = synthesized(stack);
    expect(template.resource.azapi_resource.first.body).toEqual({
      properties: { osType: 'Linux', keepsCase: { x: [1, 2] } },
    });
    expect(template.resource.azapi_resource.second).toMatchObject({
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own templates
      parent_id: '${azapi_resource.first.id}',
      body: { properties: { name: '${lower(azapi_resource.first.id)}' } },
      depends_on: ['azapi_resource.first'],
      lifecycle: { create_before_destroy: true },
    });
    expect(template.output.uri.value).toBe('${azapi_resource.second.output.properties.scoringUri}');
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own templates
  });

  test('can be there twice, by an alias that its resources name', () => {
    const { stack, provider } = stackWithProvider('second');
    new GenericResource(stack, 'update', { type: 'azapi_update_resource', provider, attributes: { resource_id: 'x' } });
    const template = synthesized(stack);
    expect(template.provider.azapi).toEqual([{ use_oidc: true, alias: 'second' }]);
    expect(template.resource.azapi_update_resource.update.provider).toBe('azapi.second');
  });
});

test('the files of a package are listed with where to read them, under a folder of their digest', () => {
  const model = Model.fromDirectory(writePackage({ content: { 'a/b.onnx': 'x' }, artifact: 'a/b.onnx' }));
  const files = packageAssets(new TerraformStack(Testing.app(), 'stack'), model);
  expect(files.map((file) => file.path)).toEqual(['model.json', 'a/b.onnx']);
  expect(packagePrefix(model)).toBe(`models/iris/${model.digest.slice(7)}`);
});

describe('for another server', () => {
  const model = Model.fromDirectory(writePackage());
  const custom = (image: string) => ModelServer.custom({ image });

  test('the files are laid out as it wants them, those that are written too', () => {
    const stack = new TerraformStack(Testing.app(), 'stack');
    const files = packageAssets(stack, model, ModelServer.triton());
    expect(files.map(({ path }) => path)).toEqual(['iris/config.pbtxt', 'iris/1/model.onnx']);
    const folder = join(Testing.fullSynth(stack), 'stacks', 'stack');
    const [config, artifact] = files.map(({ source }) => readFileSync(join(folder, source), 'utf8'));
    expect(config).toContain('backend: "onnxruntime"');
    expect(artifact).toBe('not real');
  });

  test('they lie under a folder of their own, which their content names', () => {
    const prefixes = [undefined, ModelServer.triton(), custom('a:1')].map((server) => packagePrefix(model, server));
    expect(new Set(prefixes).size).toBe(3);
    for (const prefix of prefixes) expect(prefix).toMatch(/^models\/iris\/[0-9a-f]{64}$/);
    expect(packagePrefix(model, custom('a:1'))).toBe(packagePrefix(model, custom('a:2')));
  });
});

test('the validator names the construct, gathers faults, and lets tokens pass', () => {
  const { stack, provider } = stackWithProvider();
  const resource = new GenericResource(stack, 'r', { type: 'azapi_resource', provider, attributes: {} });
  const validator = validatorFor(resource, 'Thing');
  const range = { min: 1, max: 2, source: 'the test' };
  validator.number('token', resource.getNumberAttribute('n'), range);
  validator.text('textToken', resource.id, /^$/, 'empty');
  validator.number('a', 3, range);
  validator.text('b', 'x', /^$/, 'must be empty');
  expect(() => validator.throwIfAny()).toThrow(
    /^Thing at stack\/r cannot be created; 2 props are wrong:[\s\S]*- a: got 3[\s\S]*- b: /,
  );
});
