import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as azure from '../../../lib/azure/index.js';
import { nodeArchitecture as aksArchitecture } from '../../../lib/azure/private/aks/architecture.js';
import { runtimeImageContext } from '../../../lib/bundle/image-context.js';
import * as gcp from '../../../lib/gcp/index.js';
import { nodeArchitecture as gkeArchitecture } from '../../../lib/gcp/private/gke/architecture.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageArchitecture, ImageSource, ModelServer } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { azureStack, faultsOf, Template } from '../azure/support.js';
import { googleStack, minimal, only, template } from '../gcp/support.js';

const MODEL = Model.fromDirectory(writePackage());
const PYTHON = Model.fromDirectory(writePackage({ format: 'saved_model' }));
const AZURE = { model: MODEL, location: 'westeurope' };
const COBALT = azure.AksCluster.managed({ instanceType: 'Standard_D4ps_v6' });
const AXION = gcp.GkeCluster.standard({ instanceType: 'c4a-standard-4' });
const TENSORFLOW = { server: ModelServer.tensorflowServing(), model: PYTHON, access: Access.anonymous() };

function aks(props: Partial<azure.ContainerModelProps>): Template {
  const stack = azureStack();
  new azure.ContainerModel(stack, 'Iris', { ...AZURE, cluster: COBALT, ...props });
  return new Template(stack);
}

function gke(props: Partial<gcp.ContainerModelProps>) {
  const stack = googleStack();
  new gcp.ContainerModel(stack, 'Iris', { ...minimal, cluster: AXION, ...props });
  return template(stack);
}

describe('the architecture of nodes', () => {
  test.each([
    ['Standard_D4ps_v5', 'arm64'],
    ['Standard_D4pds_v6', 'arm64'],
    ['Standard_E8ps_v6', 'arm64'],
    ['Standard_D2pls_v5', 'arm64'],
    ['Standard_D4s_v5', 'amd64'],
    ['Standard_NC4as_T4_v3', 'amd64'],
    ['Standard_NP10s', 'amd64'],
    [undefined, 'amd64'],
  ])('with the VM size %s is %s', (instanceType, name) => {
    expect(aksArchitecture({ ...AZURE, cluster: azure.AksCluster.managed({ instanceType }) }).name).toBe(name);
  });

  test.each([
    ['c4a-standard-4', 'arm64'],
    ['t2a-standard-4', 'arm64'],
    ['c4-standard-4', 'amd64'],
    ['t2d-standard-4', 'amd64'],
    [undefined, 'amd64'],
  ])('with the machine type %s is %s', (instanceType, name) => {
    expect(gkeArchitecture({ ...minimal, cluster: gcp.GkeCluster.standard({ instanceType }) }).name).toBe(name);
  });
});

test('an image for Arm is built without running anything, so that a machine with other processors can build it', () => {
  const { directory } = runtimeImageContext({
    architecture: ImageArchitecture.ARM64.nodeName,
    manifest: MODEL.manifest,
  });
  expect(readFileSync(join(directory, 'Dockerfile'), 'utf8')).not.toMatch(/^RUN /m);
});

describe('AKS with Arm nodes', () => {
  test('has the image built for them', () => {
    const [run] = aks({}).arm('Microsoft.ContainerRegistry/registries/taskRuns');
    expect(run!.body.properties.runRequest.platform).toEqual({ os: 'Linux', architecture: 'arm64' });
    const [other] = aks({ cluster: undefined }).arm('Microsoft.ContainerRegistry/registries/taskRuns');
    expect(other!.body.properties.runRequest).toMatchObject({ platform: { architecture: 'amd64' } });
    expect(other!.name).not.toBe(run!.name);
  });

  test('refuses images that install Python packages, and servers for other processors', () => {
    const make = (props: Partial<azure.ContainerModelProps>) => faultsOf(() => aks(props));
    expect(make({ model: PYTHON })).toEqual(['image WRONG_ARCHITECTURE']);
    expect(make({ model: PYTHON, image: ImageSource.fromRegistry('registry.example/runtime:1') })).toEqual([]);
    expect(make(TENSORFLOW)).toEqual(['cluster.instanceType WRONG_ARCHITECTURE']);
  });
});

describe('GKE with Arm nodes', () => {
  test('has the image built for them, a system pool with other processors, and pods that tolerate their taint', () => {
    const made = gke({ image: undefined });
    const [build] = Object.values<{ body: { steps?: { args: string[] }[] } }>(made.resource.restful_operation)
      .map(({ body }) => body?.steps?.[0]?.args)
      .filter((args) => args !== undefined);
    expect(build).toEqual(expect.arrayContaining(['--platform', 'linux/arm64']));
    const { node_selector, toleration } = only(made, 'kubernetes_deployment_v1').spec.template.spec;
    expect(node_selector).toEqual({ 'kubernetes.io/arch': 'arm64' });
    expect(toleration).toEqual([{ key: 'kubernetes.io/arch', operator: 'Equal', value: 'arm64' }]);
    const pools = Object.values<{ node_config: { machine_type: string } }>(made.resource.google_container_node_pool);
    expect(pools.map(({ node_config }) => node_config.machine_type).sort()).toEqual([
      'c4a-standard-4',
      'e2-standard-2',
    ]);
  });

  test('refuses servers for other processors', () => {
    expect(() => gke({ ...TENSORFLOW, image: undefined })).toThrow(/cluster.instanceType: nodes would have arm64/);
  });
});
