import { App, type TerraformStack, Testing } from 'cdktf';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AppContext } from '../../../bin/terraform/context.js';
import { googleStacks } from '../../../bin/terraform/gcp.js';
import { writePackage } from '../../support/packages.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../../lib/azure/small-runtime.js'));

afterEach(() => vi.unstubAllEnvs());

// biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
function synthesized(settings: object): Record<string, any> {
  vi.stubEnv('MODELSHIP_CONTEXT', JSON.stringify({ package: writePackage(), ...settings }));
  const app = Testing.stubVersion(new App({ stackTraces: false }));
  googleStacks(app, new AppContext(app));
  const stacks = app.node.children.filter((child) => 'toTerraform' in child) as TerraformStack[];
  return Object.fromEntries(stacks.map((stack) => [stack.node.id, JSON.parse(Testing.synth(stack))]));
}

describe('the image', () => {
  test('is the one that is set', () => {
    const uri = 'us-east4-docker.pkg.dev/p/r/runtime:1';
    for (const stack of Object.values(synthesized({ image: uri, region: 'us-east4', project: 'project-a' }))) {
      expect(JSON.stringify(stack)).toContain(uri);
      expect(JSON.stringify(stack)).not.toContain('cloud-builders');
      expect(stack.provider.google[0]).toEqual({ region: 'us-east4', project: 'project-a' });
    }
  });

  test('is built by Cloud Build, if none is set', () => {
    for (const stack of Object.values(synthesized({}))) {
      expect(JSON.stringify(stack.resource.restful_operation)).toContain('gcr.io/cloud-builders/docker');
    }
  });
});

test.each([
  ['gcs', { bucket: 'b', prefix: 'team' }, { bucket: 'b', prefix: 'team/google-serverless' }],
  ['s3', { bucket: 'b', region: 'r' }, { bucket: 'b', region: 'r', encrypt: true, key: 'google-serverless.tfstate' }],
  ['local', { path: '/states' }, { path: '/states/google-serverless.tfstate' }],
])('each stack has a state of its own in %s', (type, settings, expected) => {
  const { terraform } = synthesized({ backend: { type, ...settings } })['google-serverless'];
  expect(terraform.backend[type]).toEqual(expected);
});

test('how to ask has the token that each target takes', () => {
  const commands = Object.fromEntries(
    Object.entries(synthesized({})).map(([id, { output }]) => [id, output.predictCommand.value]),
  );
  expect(commands['google-serverless']).toContain('$(gcloud auth print-identity-token)');
  expect(commands['google-managed-endpoint']).toContain('$(gcloud auth print-access-token)');
  expect(commands['google-container']).not.toContain('Authorization');
});

test('a setting that is no text is refused by name', () => {
  expect(() => synthesized({ region: 4 })).toThrow(/context `region`: got 4; pass a string/);
});
