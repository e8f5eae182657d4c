import { describe, expect, test } from 'vitest';
import * as azure from '../../lib/azure/index.js';
import * as gcp from '../../lib/gcp/index.js';
import { Access, Rollout, ValidationError } from '../../lib/serving/index.js';
import { model as azureModel, IMAGE, Template } from './azure/support.js';
import { ENDPOINTS } from './endpoints.js';
import { only, template } from './gcp/support.js';

// A new version beside the stable one, without traffic, and how it is reached.

const rollout = Rollout.canary({ percent: 0 });
const older = azureModel('0');
const jwt = Access.jwt({ issuer: 'https://issuer.example', audience: ['iris'] });

describe('a canary without traffic', () => {
  test.each(['Lambda', 'ECS', 'SageMaker'] as const)('is rejected on %s, which has gates or variants', (target) => {
    const faults = () => {
      try {
        ENDPOINTS[target]({ rollout });
      } catch (error) {
        if (error instanceof ValidationError) return error.faults.map(({ prop, code }) => `${prop} ${code}`);
        throw error;
      }
      return [];
    };
    expect(faults()).toEqual(['rollout.percent OUT_OF_RANGE']);
  });

  test('has the URL of its tag on Cloud Run', () => {
    const { endpoint, stack, resolve } = ENDPOINTS['Cloud Run']({ rollout, stableRevision: 'iris-0123' });
    expect(only(template(stack), 'google_cloud_run_v2_service').traffic).toMatchObject([
      { percent: 100, tag: 'stable' },
      { percent: 0, tag: 'canary' },
    ]);
    expect(endpoint.canary?.headers).toBeUndefined();
    expect(resolve(endpoint.canary!.url)).toMatch(
      /^\$\{replace\(google_cloud_run_v2_service\.\w+\.uri, "https:\/\/", "https:\/\/canary---"\)\}$/,
    );
  });

  test('has the URL of its revision on Container Apps', () => {
    const host = azure.ServerlessHost.containerApps({ image: IMAGE, stableRevision: 'm0123' });
    const { endpoint, stack, resolve } = ENDPOINTS['Container Apps']({ rollout, host });
    const { ingress } = new Template(stack).one('azurerm_container_app');
    expect(ingress.traffic_weight.map(({ percentage }: { percentage: number }) => percentage)).toEqual([0, 100]);
    expect(resolve(endpoint.canary!.url)).toMatch(/^https:\/\/\$\{azurerm_container_app\.\w+\.latest_revision_fqdn\}$/);
  });

  test('is named by a header on Azure ML', () => {
    const { endpoint, stack, resolve } = ENDPOINTS['Azure ML']({ rollout, stableModels: [{ model: older }] });
    const name = endpoint.deployment.name;
    expect(new Template(stack).one('azapi_resource_action', /Move/).body.properties.traffic).toMatchObject({
      [name]: 0,
    });
    expect(endpoint.canary!.headers).toEqual({ 'azureml-model-deployment': name });
    expect(resolve(endpoint.canary!.url)).toBe(resolve(endpoint.url));
  });

  test.each<['AKS' | 'GKE', object]>([
    [
      'AKS',
      { exposure: azure.Exposure.gateway({ gatewayName: 'g', host: 'a.example', sourceRanges: ['10.0.0.0/8'] }) },
    ],
    [
      'GKE',
      {
        access: jwt,
        cluster: gcp.GkeCluster.existing({ name: 'shared', location: 'europe-west4' }),
        exposure: gcp.Exposure.gateway({ gatewayName: 'g', host: 'a.example', sourceRanges: ['10.0.0.0/8'] }),
      },
    ],
  ])('is selected by a header behind a Gateway on %s', (target, props) => {
    const { endpoint, stack } = ENDPOINTS[target]({ rollout, stableModel: older, ...props });
    const manifests = Object.values(new Template(stack).all('kubernetes_manifest')).map(({ manifest }) => manifest);
    const { rules } = manifests.find(({ kind }) => kind === 'HTTPRoute').spec;
    const [shared, canary] = rules;
    expect(shared.backendRefs.map(({ weight }: { weight: number }) => weight)).toEqual([100, 0]);
    expect(canary.backendRefs.map(({ name }: { name: string }) => name)).toEqual([shared.backendRefs[1].name]);
    const [{ name, value, type }] = canary.matches[0].headers;
    expect(type).toBe('Exact');
    expect(endpoint.canary).toEqual({ url: 'https://a.example', headers: { [name]: value } });
  });

  test('keeps no traffic on Vertex AI, which has no address for it', () => {
    const { endpoint, stack } = ENDPOINTS['Vertex AI']({ rollout, stableModel: older });
    const [traffic] = Object.entries<{ body: { trafficSplit?: object } }>(
      template(stack).resource.restful_operation,
    ).flatMap(([id, { body }]) => (id.includes('Traffic') ? [body.trafficSplit!] : []));
    const [stable, canary] = endpoint.versions.map(({ deployedModelId }) => deployedModelId);
    expect(traffic).toEqual({ [stable!]: 100, [canary!]: 0 });
    expect('canary' in endpoint).toBe(false);
  });
});

test.each(['Cloud Run', 'Container Apps', 'Azure ML', 'AKS', 'GKE'] as const)(
  'without a canary, %s has no address of one',
  (target) => {
    expect(ENDPOINTS[target]().endpoint.canary).toBeUndefined();
  },
);
