import { TerraformOutput, TerraformVariable } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { Gpu, ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import {
  googleStack,
  IMAGE,
  KEY,
  minimal,
  model,
  only,
  resources,
  type Template,
  template,
  waitsFor,
} from './support.js';

function synthesize(props: Partial<ManagedEndpointModelProps> = {}): Template {
  const stack = googleStack();
  new ManagedEndpointModel(stack, 'Iris', { ...minimal, ...props });
  return template(stack);
}

const older = Model.fromDirectory(writePackage({ version: '0' }));
const canary = { rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }), stableModel: older };
const calls = (from: Template, action: string): [string, Template][] =>
  Object.entries<Template>(from.resource.restful_operation).filter(([, call]) => call.path.endsWith(action));
const call = (from: Template, action: string): Template => {
  expect(calls(from, action)).toHaveLength(1);
  return calls(from, action)[0]![1];
};
const traffic = (from: Template): Template =>
  Object.values<Template>(from.resource.restful_operation).find((operation) => operation.method === 'PATCH');
/** What waits for the result of the call `id`. */
const outcomeId = (from: Template, id: string): string =>
  Object.keys(from.resource.restful_resource).find((key) =>
    from.resource.restful_resource[key].path.includes(`restful_operation.${id}.`),
  )!;
const outcome = (from: Template, id: string): Template => from.resource.restful_resource[outcomeId(from, id)];

describe('the calls of the REST API', () => {
  test('are made by a provider that has the region’s address and the token of the Google provider', () => {
    const from = synthesize();
    expect(from.terraform.required_providers.restful).toEqual({ source: 'magodo/restful', version: '~> 0.25.2' });
    expect(from.provider.restful[0].base_url).toBe('https://europe-west4-aiplatform.googleapis.com/v1');
    expect(from.provider.restful[0].security.http.token.token).toContain('google_client_config');
  });

  test('upload the model with its container, routes and environment', () => {
    const { body } = call(synthesize(), '/models:upload');
    expect(body.modelId).toMatch(/^[a-z_][a-z0-9_-]{0,62}$/);
    expect(body.model.containerSpec).toMatchObject({
      imageUri: IMAGE,
      ports: [{ containerPort: 8080 }],
      healthRoute: '/v2/health/ready',
      predictRoute: '/v1/models/iris:predict',
    });
    const environment = Object.fromEntries(
      body.model.containerSpec.env.map((item: Template) => [item.name, item.value]),
    );
    expect(environment.MODELSHIP_MODEL).toMatch(/^gs:\/\/\$\{.*\}\/models\/iris\/[0-9a-f]{64}\/$/);
    expect(environment.MODELSHIP_MODEL_DIGEST).toBe(model.digest);
    expect(environment.MODELSHIP_MAX_BODY_BYTES).toBe('10000000');
    expect(Object.keys(environment).filter((name) => name.startsWith('AIP_'))).toEqual([]);
  });

  test('deploy it with an identity, machines and autoscaling', () => {
    const { body } = call(
      synthesize({ gpu: Gpu.nvidiaT4(), minReplicas: 2, maxReplicas: 7, targetCpuPercent: 50 }),
      ':deployModel',
    );
    expect(body.deployedModel.id).toMatch(/^[1-9]\d{0,9}$/);
    expect(body.deployedModel.serviceAccount).toContain('google_service_account.');
    expect(body.deployedModel.dedicatedResources).toEqual({
      machineSpec: { machineType: 'n1-standard-8', acceleratorType: 'NVIDIA_TESLA_T4', acceleratorCount: 1 },
      minReplicaCount: 2,
      maxReplicaCount: 7,
      autoscalingMetricSpecs: [
        { metricName: 'aiplatform.googleapis.com/prediction/online/cpu/utilization', target: 50 },
      ],
    });
  });

  test('are in the state once Google has accepted them, and waited for apart', () => {
    const from = synthesize();
    for (const action of ['/models:upload', ':deployModel']) {
      const [[id, sent]] = calls(from, action) as [[string, Template]];
      expect(sent).not.toHaveProperty('poll');
      expect(sent).not.toHaveProperty('delete_method');
      const { path, poll_create: poll, poll_delete: pollDelete, read_path: read } = outcome(from, id);
      expect(path).toBe(`/\${restful_operation.${id}.output.name}:wait`);
      expect(read).toMatch(/^\/projects\/.*\/(models|endpoints)\/[^/]+$/);
      expect(poll).toEqual(pollDelete);
      expect(poll).toMatchObject({
        url_locator: 'body.name',
        status_locator: 'body.{done,error}',
        status: { success: '{"done":true}' },
      });
      expect(poll.status.pending).toContain('{}');
    }
  });

  test('are undone in full: traffic taken away, undeployed, deleted', () => {
    const from = synthesize();
    const [[uploadId, upload]] = calls(from, '/models:upload') as [[string, Template]];
    const [[deployId, deploy]] = calls(from, ':deployModel') as [[string, Template]];
    expect(traffic(from)).toMatchObject({
      delete_method: 'PATCH',
      delete_body: { trafficSplit: {} },
      query: { updateMask: ['trafficSplit'] },
    });
    const deployed = outcome(from, deployId);
    const { id } = deploy.body.deployedModel;
    expect(deployed).toMatchObject({
      delete_method: 'POST',
      delete_body: { deployedModelId: id },
      read_selector: `deployedModels.#(id=="${id}")`,
    });
    expect(deployed.delete_path).toMatch(/endpoints\/\$\{.*\}:undeployModel$/);
    const uploaded = outcome(from, uploadId);
    expect(uploaded).toMatchObject({ delete_method: 'DELETE' });
    expect(uploaded.delete_path.endsWith(`/models/${upload.body.modelId}`)).toBe(true);
  });

  test('change an endpoint one at a time', () => {
    const from = synthesize(canary);
    const mutexes = [...calls(from, ':deployModel').map(([, item]) => item), traffic(from)].map(
      (item) => item.precheck[0].mutex,
    );
    expect(new Set(mutexes).size).toBe(1);
  });
});

// That Terraform keeps this order when a version is replaced or everything goes was tried with the same graph of
// `terraform_data`: new model, new deployment, traffic, old deployment, old model.
describe('the order', () => {
  test('is upload, deploy, traffic, and the reverse when destroyed', () => {
    const from = synthesize();
    const [[upload]] = calls(from, '/models:upload') as [[string, Template]];
    const [[deploy, { depends_on: uploads }]] = calls(from, ':deployModel') as [[string, Template]];
    expect(uploads).toEqual([`restful_resource.${outcomeId(from, upload)}`]);
    expect(traffic(from).depends_on).toEqual([`restful_resource.${outcomeId(from, deploy)}`]);
    // By name, so that undeploying comes before the endpoint goes.
    expect(call(from, ':deployModel').path).toMatch(/\$\{google_vertex_ai_endpoint\..*\.name\}/);
  });

  test('has files, rights and keys before the upload', () => {
    const from = synthesize({ encryptionKey: KEY });
    const dependencies = waitsFor(from, call(from, '/models:upload'));
    for (const type of [
      'google_storage_bucket_object',
      'google_storage_bucket_iam_member',
      'google_kms_crypto_key_iam_member',
    ]) {
      expect(dependencies.some((name: string) => name.startsWith(`${type}.`))).toBe(true);
    }
  });

  test('of an update: the new version first, under another address and ids; the old one goes last', () => {
    const before = synthesize({ model: older });
    const after = synthesize();
    for (const action of ['/models:upload', ':deployModel']) {
      expect(calls(after, action)[0]![0]).not.toBe(calls(before, action)[0]![0]);
      // Kept in the state, this makes Terraform destroy what left the configuration after its dependants changed.
      expect(call(before, action).lifecycle.create_before_destroy).toBe(true);
    }
    const ids = [before, after].map((from) => call(from, ':deployModel').body.deployedModel.id);
    expect(new Set(ids).size).toBe(2);
    const address = (from: Template) =>
      Object.keys(from.resource.restful_operation).find((id) => id.includes('Traffic'));
    expect(address(after)).toBe(address(before));
  });

  test('of a promotion: the canary’s deployment stays as it is', () => {
    const during = synthesize(canary);
    const after = synthesize();
    const [[id, { depends_on: _, ...deployment }]] = calls(after, ':deployModel') as [[string, Template]];
    expect(during.resource.restful_operation[id]).toMatchObject(deployment);
    expect(outcome(during, id)).toEqual(outcome(after, id));
  });

  test.each<[string, Partial<ManagedEndpointModelProps>]>([
    ['another model', { model: older }],
    ['another machine', { instanceType: 'n1-standard-2' }],
    ['another variable', { environment: { A: '1' } }],
    ['more replicas', { maxReplicas: 9 }],
    ['another limit', { maxPayloadBytes: 5 }],
    ['explanations', { explanations: { samples: 5 } }],
  ])('begins anew with %s', (_, props) => {
    expect(calls(synthesize(props), ':deployModel')[0]![0]).not.toBe(calls(synthesize(), ':deployModel')[0]![0]);
  });

  test('begins anew when a value changes that only apply knows', () => {
    const stack = googleStack();
    const image = new TerraformVariable(stack, 'image', {}).stringValue;
    new ManagedEndpointModel(stack, 'Iris', { ...minimal, image: ImageSource.fromRegistry(image) });
    const from = template(stack);
    const deploy = call(from, ':deployModel');
    expect(deploy.body.deployedModel.id).toMatch(/^\$\{format\("%d", parseint\(.*local\..*, 16\)\)\}$/);
    expect(JSON.stringify(from.locals)).toContain('var.image');
    expect(Object.keys(traffic(from).body.trafficSplit)).toEqual([deploy.body.deployedModel.id]);
    expect(deploy.lifecycle.replace_triggered_by).toEqual([expect.stringMatching(/^terraform_data\./)]);
  });
});

test('a canary shares the traffic between two versions', () => {
  const from = synthesize(canary);
  expect(calls(from, '/models:upload')).toHaveLength(2);
  const idOf = (digest: string) => {
    const upload = calls(from, '/models:upload').find(([, item]) => item.body.model.versionDescription === digest)![1];
    const deploy = calls(from, ':deployModel').find(([, item]) =>
      item.body.deployedModel.model.endsWith(`/${upload.body.modelId}`),
    );
    return deploy![1].body.deployedModel.id;
  };
  expect(traffic(from).body.trafficSplit).toEqual({ [idOf(older.digest)]: 90, [idOf(model.digest)]: 10 });
  const whole = Object.values(traffic(synthesize()).body.trafficSplit);
  expect(whole).toEqual([100]);
});

test('two versions are deployed one after the other, because an endpoint carries out one change at a time', () => {
  const from = synthesize(canary);
  const [first, second] = calls(from, ':deployModel').map(([id, { depends_on: depends }]) => ({ id, depends }));
  const waits = ({ depends }: { depends: string[] }, { id }: { id: string }) =>
    depends.includes(`restful_resource.${outcomeId(from, id)}`);
  expect([waits(first!, second!), waits(second!, first!)].sort()).toEqual([false, true]);
});

test('the address of its own comes from the call after the deployment, as a host', () => {
  const stack = googleStack();
  const { url } = new ManagedEndpointModel(stack, 'Iris', minimal);
  new TerraformOutput(stack, 'url', { value: url, staticId: true });
  const from = template(stack);
  const [id] = Object.entries<Template>(from.resource.restful_operation).find(([, made]) => made.method === 'PATCH')!;
  expect(from.output.url.value).toContain(
    `https://\${trimprefix(restful_operation.${id}.output.dedicatedEndpointDns, "https://")}/v1/projects/`,
  );
});

describe('the endpoint', () => {
  test('has an address of its own, unless told otherwise', () => {
    expect(only(synthesize(), 'google_vertex_ai_endpoint').dedicated_endpoint_enabled).toBe(true);
    expect(
      only(synthesize({ dedicated: false }), 'google_vertex_ai_endpoint').dedicated_endpoint_enabled,
    ).toBeUndefined();
  });

  test('leaves the traffic to the call that splits it', () => {
    expect(only(synthesize(), 'google_vertex_ai_endpoint').lifecycle.ignore_changes).toEqual(['traffic_split']);
  });

  test('is private by Private Service Connect', () => {
    const endpoint = only(synthesize({ privateServiceConnectProjects: ['consumer-a'] }), 'google_vertex_ai_endpoint');
    expect(endpoint.private_service_connect_config).toEqual({
      enable_private_service_connect: true,
      project_allowlist: ['consumer-a'],
    });
    expect(endpoint.dedicated_endpoint_enabled).toBeUndefined();
  });

  test('is encrypted with the customer key, and so are the model and the bucket', () => {
    const from = synthesize({ encryptionKey: KEY });
    expect(only(from, 'google_vertex_ai_endpoint').encryption_spec.kms_key_name).toBe(KEY);
    expect(call(from, '/models:upload').body.model.encryptionSpec.kmsKeyName).toBe(KEY);
    expect(only(from, 'google_storage_bucket').encryption.default_kms_key_name).toBe(KEY);
  });

  test('logs requests and responses where it was told to', () => {
    const dataCapture = { table: 'bq://project.dataset.table', samplingPercent: 25 };
    const endpoint = only(synthesize({ dataCapture }), 'google_vertex_ai_endpoint');
    expect(endpoint.predict_request_response_logging_config).toEqual({
      enabled: true,
      sampling_rate: 0.25,
      bigquery_destination: { output_uri: 'bq://project.dataset.table' },
    });
    expect(only(synthesize(), 'google_vertex_ai_endpoint').predict_request_response_logging_config).toBeUndefined();
  });

  test('explains by the names of the signature', () => {
    expect(call(synthesize({ explanations: { samples: 10 } }), '/models:upload').body.model.explanationSpec).toEqual({
      parameters: { sampledShapleyAttribution: { pathCount: 10 } },
      metadata: { inputs: { features: {} }, outputs: { probabilities: { outputTensorName: 'probabilities' } } },
    });
  });
});

test('a caller may ask and nothing else', () => {
  const stack = googleStack();
  const endpoint = new ManagedEndpointModel(stack, 'Iris', minimal);
  endpoint.grantInvoke('user:a@example.com');
  endpoint.grantInvoke('user:b@example.com');
  const from = template(stack);
  expect(only(from, 'google_project_iam_custom_role').permissions).toEqual([
    'aiplatform.endpoints.predict',
    'aiplatform.endpoints.explain',
  ]);
  expect(
    resources(from, 'google_project_iam_member')
      .map(({ member }) => member)
      .sort(),
  ).toEqual(['user:a@example.com', 'user:b@example.com']);
  expect(resources(synthesize(), 'google_project_iam_custom_role')).toEqual([]);
});

describe('refused, by name and with what is allowed', () => {
  test.each<[string, Partial<ManagedEndpointModelProps>, RegExp]>([
    ['an endpoint with a name', { endpointName: 'iris' }, /endpointName: got "iris".*at most ten digits/],
    ['an endpoint with eleven digits', { endpointName: '12345678901' }, /endpointName: got/],
    [
      'a payload too large for a shared endpoint',
      { dedicated: false, maxPayloadBytes: 2_000_000 },
      /maxPayloadBytes: got 2000000; Vertex AI on a shared endpoint \(dedicated: true raises it\) allows.*1500000 bytes/,
    ],
    ['a payload too large for any', { maxPayloadBytes: 11_000_000 }, /maxPayloadBytes: got 11000000.*10000000 bytes/],
    [
      'a time too long for a shared endpoint',
      { dedicated: false, timeoutSeconds: 61 },
      /timeoutSeconds: got 61.*shared endpoint/,
    ],
    ['a time too long for any', { timeoutSeconds: 601 }, /timeoutSeconds: got 601.*600 seconds/],
    ['zero replicas', { minReplicas: 0 }, /minReplicas: got 0.*ServerlessModel/],
    [
      'API keys',
      { access: Access.apiKey() },
      /access: got Access.apiKey\(\); Vertex AI supports Access.cloudIdentity\(\) only/,
    ],
    ['anonymous callers', { access: Access.anonymous() }, /access: got Access.anonymous\(\); Vertex AI supports/],
    [
      'JWTs',
      { access: Access.jwt({ issuer: 'https://a', audience: ['b'] }) },
      /access: got Access.jwt\(\); Vertex AI supports/,
    ],
    ['a throttle', { throttle: { requestsPerSecond: 1 } }, /throttle: Vertex AI does not throttle callers.*quota/],
    [
      'a linear rollout',
      { rollout: Rollout.linear({ stepPercent: 1, intervalMinutes: 1 }) },
      /rollout: got Rollout.linear\(\); Vertex AI supports/,
    ],
    ['a canary beside nothing', { rollout: canary.rollout }, /stableModel: a canary shares/],
    ['another version without a canary', { stableModel: older }, /stableModel: only a canary/],
    [
      'two addresses',
      { dedicated: true, privateServiceConnectProjects: ['a'] },
      /dedicated: an endpoint behind Private Service Connect/,
    ],
    [
      'an image of another region',
      { image: ImageSource.fromRegistry('us-docker.pkg.dev/p/r/runtime:1') },
      /image: got us-docker.*europe-west4-docker\.pkg\.dev/,
    ],
    [
      'a table that is none',
      { dataCapture: { table: 'project.table' } },
      /dataCapture.table: got "project.table".*bq:\/\//,
    ],
    ['a capture without a table', { dataCapture: { samplingPercent: 5 } as never }, /dataCapture.table: got nothing/],
    [
      'a capture of no request',
      { dataCapture: { table: 'bq://project.dataset', samplingPercent: 0 } },
      /dataCapture.samplingPercent: got 0.*0.01 to 100 percent/,
    ],
    ['too many paths', { explanations: { samples: 51 } }, /explanations.samples: got 51.*1 to 50/],
    ['a misspelt prop', { machine: 1 } as Partial<ManagedEndpointModelProps>, /machine: no such prop/],
  ])('%s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});
