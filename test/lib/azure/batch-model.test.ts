import { TerraformOutput, TerraformVariable } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import { BatchCompute, BatchModel, type BatchModelProps, Gpu, type JobOptions } from '../../../lib/azure/index.js';
import { CONTAINER_ID, PRINCIPAL_ID, subnetId } from './identifiers.js';
import { azureStack, faultsOf, IMAGE, model, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const MODEL = model();
const OTHER_ID = CONTAINER_ID.replace(/files$/, 'predictions');
const least: BatchModelProps = {
  compute: BatchCompute.job({ model: MODEL, image: IMAGE }),
  location: 'westeurope',
  inputContainer: { id: CONTAINER_ID },
};

function synthesize(props: Partial<BatchModelProps> = {}, use: (batch: BatchModel) => void = () => {}): Template {
  const stack = azureStack();
  use(new BatchModel(stack, 'Batch', { ...least, ...props }));
  return new Template(stack);
}
const job = (from: Template) => from.one('azurerm_container_app_job');
const container = (from: Template) => job(from).template.container[0];
const variables = (from: Template): Record<string, string> =>
  Object.fromEntries(container(from).env.map(({ name, value }: Record<string, string>) => [name, value]));

describe('the job', () => {
  test('runs the image on the blobs under the prefix, and stops', () => {
    const from = synthesize();
    expect(container(from)).toMatchObject({ args: ['batch/input/'], cpu: 1, memory: '2Gi' });
    expect(variables(from)).toMatchObject({
      MODELSHIP_BATCH_INPUT: 'https://rows.blob.core.windows.net/files/',
      MODELSHIP_BATCH_OUTPUT: 'https://rows.blob.core.windows.net/files/batch/output/',
      MODELSHIP_BATCH_ROWS_PER_REQUEST: '100',
      MODELSHIP_BATCH_TOLERATED_FAILURE_PERCENT: '0',
      MODELSHIP_MODEL: expect.stringMatching(/\/models\/iris\/[0-9a-f]{64}\/$/),
      MODELSHIP_MODEL_DIGEST: MODEL.digest,
      AZURE_CLIENT_ID: expect.stringContaining('client_id'),
    });
    expect(job(from)).toMatchObject({
      replica_timeout_in_seconds: 86_400,
      replica_retry_limit: 1,
      manual_trigger_config: { parallelism: 1, replica_completion_count: 1 },
    });
    expect(job(from).depends_on.join()).toMatch(/time_sleep\..*azapi_update_resource\./);
  });

  test('takes the container of the same stack', () => {
    const stack = azureStack();
    const id = new TerraformVariable(stack, 'container', {}).stringValue;
    new BatchModel(stack, 'Batch', { ...least, inputContainer: { id } });
    expect(variables(new Template(stack)).MODELSHIP_BATCH_INPUT).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own template
      'https://${element(split("/", var.container), 8)}.blob.core.windows.net/${element(split("/", var.container), 12)}/',
    );
  });
});

test('the identity reads the input and writes predictions, and touches no other blobs', () => {
  const from = synthesize({ outputContainer: { id: OTHER_ID } });
  const assigned = Object.values(from.all('azurerm_role_assignment')).filter(({ condition }) => condition);
  expect(assigned.map(({ scope, role_definition_name: role }) => [scope, role])).toEqual([
    [CONTAINER_ID, 'Storage Blob Data Reader'],
    [OTHER_ID, 'Storage Blob Data Contributor'],
  ]);
  const [reader, writer] = assigned;
  expect(reader!.condition_version).toBe('2.0');
  expect(reader!.condition).toContain("blobs:path] StringLike 'batch/input/*'");
  expect(reader!.condition).toContain("blobs:prefix] StringStartsWith 'batch/input/'");
  for (const action of ['write', 'add/action', 'delete', 'move/action']) {
    expect(writer!.condition).toContain(
      `!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/${action}'})`,
    );
  }
  expect(writer!.condition).toContain("blobs:path] StringLike 'batch/output/*'");
  for (const { condition } of assigned) {
    // Parentheses and braces are balanced.
    expect(condition.split('(')).toHaveLength(condition.split(')').length);
    expect(condition.split('{')).toHaveLength(condition.split('}').length);
  }
});

describe('callers', () => {
  test('may start executions of this job, and nothing else', () => {
    const from = synthesize({}, (batch) => batch.grantStart('Nightly', PRINCIPAL_ID));
    expect(from.one('azurerm_role_assignment', /Nightly/)).toMatchObject({
      scope: expect.stringMatching(/^\${azurerm_container_app_job\./),
      role_definition_name: 'Container Apps Jobs Operator',
      principal_id: PRINCIPAL_ID,
    });
  });

  test('get the command, which repeats the container of the job', () => {
    const stack = azureStack();
    const batch = new BatchModel(stack, 'Batch', least);
    new TerraformOutput(stack, 'start', { value: batch.startCommand });
    const from = new Template(stack);
    const { value } = from.json.output!.start!;
    const [, url, body] = /^az rest --method post --url "([^"]+)" --body '(.*)'$/.exec(value as never)!;
    expect(url).toMatch(/^\${azurerm_container_app_job\.\w+\.id}\/start\?api-version=2024-03-01$/);
    const [sent] = JSON.parse(body!).containers;
    const { env, image, args, name, cpu, memory } = container(from);
    expect(sent).toEqual({ name, image, args, env, resources: { cpu, memory } });
  });
});

test('an alert is raised on each failed execution', () => {
  const stack = azureStack();
  const batch = new BatchModel(stack, 'Batch', least);
  expect(batch.metricFailed()).toMatchObject({ name: 'Executions', namespace: 'Microsoft.App/jobs' });
  expect(new Template(stack).one('azurerm_monitor_metric_alert').criteria).toEqual([
    {
      metric_namespace: 'Microsoft.App/jobs',
      metric_name: 'Executions',
      aggregation: 'Total',
      operator: 'GreaterThan',
      threshold: 0,
      dimension: [{ name: 'state', operator: 'Include', values: ['Failed'] }],
    },
  ]);
});

describe('props', () => {
  const compute = (options: Partial<JobOptions>) => ({
    compute: BatchCompute.job({ model: MODEL, image: IMAGE, ...options }),
  });

  test.each<[string, Partial<BatchModelProps>, string[]]>([
    ['prefix without a slash at its end', { inputPrefix: 'rows' }, ['inputPrefix BAD_TEXT']],
    ['prefix that could end a condition', { outputPrefix: "a'/" }, ['outputPrefix BAD_TEXT']],
    ['folder of predictions among the files', { outputPrefix: 'batch/input/out/' }, ['outputPrefix CONFLICT']],
    [
      'URL of a container',
      { inputContainer: { id: 'https://rows.blob.core.windows.net/files' } },
      ['inputContainer.id BAD_TEXT'],
    ],
    ['timeout of eight days', { timeoutSeconds: 8 * 86_400 }, ['timeoutSeconds OUT_OF_RANGE']],
    ['size between the steps', compute({ cpu: 0.3 }), ['compute.cpu OUT_OF_RANGE']],
    ['GPU with CPUs', compute({ cpu: 1, gpu: Gpu.nvidiaT4() }), ['compute.cpu CONFLICT']],
    [
      'private storage without a network',
      { privateSubnet: { id: subnetId('endpoints') } },
      ['compute.subnet OUTSIDE_NETWORK'],
    ],
    [
      'variable of the construct',
      compute({ environment: { MODELSHIP_BATCH_INPUT: 'https://other/' } }),
      ['compute.environment.MODELSHIP_BATCH_INPUT RESERVED_VARIABLE'],
    ],
    ['construct without a place', { location: undefined }, ['location MISSING']],
  ])('a %s is reported', (_, props, faults) => {
    expect(faultsOf(() => synthesize(props))).toEqual(faults);
  });
});
