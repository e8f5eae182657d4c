import type { TerraformStack } from 'cdktf';
import { afterAll, expect, test, vi } from 'vitest';
import { ServerlessModel, WebAcl } from '../../lib/gcp/index.js';
import { VARIANTS as AZURE } from '../lib/azure/variants.js';
import { CLUSTER_VARIANTS, EXISTING_CLUSTER_VARIANTS } from '../lib/gcp/cluster-variants.js';
import { googleStack, minimal } from '../lib/gcp/support.js';
import { VARIANTS as GOOGLE } from '../lib/gcp/variants.js';
import { Deployment } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

/** A stack that uses what the variants leave out, because the double of Google Cloud has no Compute Engine. */
function domainStack(): TerraformStack {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', {
    ...minimal,
    domainName: 'iris.example.com',
    webAcl: WebAcl.managed(),
    secrets: { HF_TOKEN: 'hub-token' },
    enableApis: true,
  });
  return stack;
}

/** Every default stack and variant of the tests of Azure and Google Cloud. */
const STACKS: readonly [string, () => TerraformStack][] = [
  ...AZURE.map(({ name, stack }): [string, () => TerraformStack] => [name, () => stack()]),
  ...[...GOOGLE, ...CLUSTER_VARIANTS, ...EXISTING_CLUSTER_VARIANTS].map(
    ({ name, make }): [string, () => TerraformStack] => [name, () => make()],
  ),
  ['Cloud Run with a domain, a web ACL, secrets and APIs', domainStack],
];

// The schemas in test/lib/terraform say which arguments exist. Only the providers themselves know which values they take.
describeOnRequest('validate', () => {
  const deployment = new Deployment({});
  afterAll(() => deployment.remove());

  test.each(STACKS)('the providers accept %s', { timeout: 300_000 }, async (_, stack) => {
    await deployment.synthesize(stack());
    expect((await deployment.validate()).trim()).toBe('Success! The configuration is valid.');
  });

  test('a value that a provider does not accept is found', { timeout: 300_000 }, async () => {
    const stack = googleStack();
    const { service } = new ServerlessModel(stack, 'Iris', minimal);
    service.ingress = 'INGRESS_TRAFFIC_SOME';
    await deployment.synthesize(stack);
    await expect(deployment.validate()).rejects.toThrow(/expected ingress to be one of/);
  });
});
