import { TerraformVariable } from 'cdktf';
import { describe, expect, test } from 'vitest';
import {
  BatchCompute,
  BatchModel,
  type BatchModelProps,
  GoogleImage,
  Gpu,
  type JobOptions,
} from '../../../lib/gcp/index.js';
import { faultsOf, googleStack, KEY, minimal, only, REGION, resources, type Template, template } from './support.js';

const { model, image } = minimal;
const least: BatchModelProps = { compute: BatchCompute.job({ model, image }), region: REGION, inputBucket: 'rows' };

function synthesize(props: Partial<BatchModelProps> = {}, use: (batch: BatchModel) => void = () => {}): Template {
  const stack = googleStack();
  use(new BatchModel(stack, 'Batch', { ...least, ...props }));
  return template(stack);
}
const job = (from: Template): Template => only(from, 'google_cloud_run_v2_job');
const container = (from: Template): Template => job(from).template.template.containers[0];
const variables = (from: Template): Record<string, string> =>
  Object.fromEntries(container(from).env.map(({ name, value }: Template) => [name, value]));

describe('the job', () => {
  test('runs the image on the files under the prefix, and stops', () => {
    const from = synthesize();
    expect(container(from).args).toEqual(['batch/input/']);
    expect(container(from).command).toBeUndefined();
    expect(variables(from)).toMatchObject({
      MODELSHIP_BATCH_INPUT: 'gs://rows/',
      MODELSHIP_BATCH_OUTPUT: 'gs://rows/batch/output/',
      MODELSHIP_BATCH_ROWS_PER_REQUEST: '100',
      MODELSHIP_BATCH_CONCURRENCY: '4',
      MODELSHIP_BATCH_TOLERATED_FAILURE_PERCENT: '0',
      MODELSHIP_TIMEOUT_SECONDS: '600',
      MODELSHIP_MODEL_DIGEST: model.digest,
    });
    expect(job(from)).toMatchObject({ deletion_protection: false, location: REGION });
    expect(job(from).template).toMatchObject({ task_count: 1, template: { timeout: '86400s', max_retries: 1 } });
  });

  test('takes every setting', () => {
    const from = synthesize({
      compute: BatchCompute.job({
        model,
        image,
        cpu: 4,
        memoryMib: 8192,
        instanceCount: 3,
        rowsPerRequest: 7,
        maxConcurrency: 2,
        timeoutSeconds: 30,
        toleratedFailurePercent: 5,
        environment: { A: 'b' },
      }),
      inputPrefix: 'in/',
      outputBucket: 'predictions',
      outputPrefix: 'out/',
      timeoutSeconds: 60,
      encryptionKey: KEY,
    });
    expect(container(from).args).toEqual(['in/']);
    expect(variables(from)).toMatchObject({
      MODELSHIP_BATCH_OUTPUT: 'gs://predictions/out/',
      MODELSHIP_BATCH_ROWS_PER_REQUEST: '7',
      MODELSHIP_BATCH_CONCURRENCY: '2',
      MODELSHIP_BATCH_TOLERATED_FAILURE_PERCENT: '5',
      MODELSHIP_TIMEOUT_SECONDS: '30',
      A: 'b',
    });
    expect(container(from).resources.limits).toEqual({ cpu: '4', memory: '8192Mi' });
    expect(job(from).template).toMatchObject({
      task_count: 3,
      parallelism: 3,
      template: { timeout: '60s', encryption_key: KEY },
    });
  });

  test('waits for its roles and its model', () => {
    const waits = job(synthesize()).depends_on.join();
    expect(waits).toContain('time_sleep.');
    expect(waits).toContain('google_storage_bucket_object.');
  });
});

test('the identity reads the input, creates predictions, and may do nothing else', () => {
  const from = synthesize({ outputBucket: 'predictions' });
  const { member } = resources(from, 'google_storage_bucket_iam_member')[0]!;
  const granted = resources(from, 'google_storage_bucket_iam_member').map(({ bucket, role, condition }) => [
    bucket,
    role,
    condition?.expression,
  ]);
  const expected = [
    [expect.stringMatching(/^\${google_storage_bucket\./), 'roles/storage.objectViewer', undefined],
    [
      'rows',
      'roles/storage.objectViewer',
      'resource.name.startsWith("projects/_/buckets/rows/objects/batch/input/") || ' +
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("batch/input/")',
    ],
    [
      'predictions',
      'roles/storage.objectViewer',
      'resource.name.startsWith("projects/_/buckets/predictions/objects/batch/output/") || ' +
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("batch/output/")',
    ],
    [
      'predictions',
      'roles/storage.objectCreator',
      'resource.name.startsWith("projects/_/buckets/predictions/objects/batch/output/")',
    ],
  ];
  expect(granted).toHaveLength(expected.length);
  expect(granted).toEqual(expect.arrayContaining(expected));
  expect(member).toMatch(/^\${google_service_account\./);
  expect(Object.keys(from.resource).filter((type) => /iam/.test(type))).toEqual(['google_storage_bucket_iam_member']);
});

describe('callers', () => {
  test('may start executions of this job, and nothing else', () => {
    const from = synthesize({}, (batch) => batch.grantStart('user:a@example.com'));
    expect(only(from, 'google_cloud_run_v2_job_iam_member')).toMatchObject({
      role: 'roles/run.jobsExecutorWithOverrides',
      member: 'user:a@example.com',
    });
  });

  test.each(['allUsers', 'a@example.com'])('are not %s', (member) => {
    expect(() => synthesize({}, (batch) => batch.grantStart(member))).toThrow(/grantStart\(\) got/);
  });

  test('get the command', () => {
    synthesize({}, ({ startCommand }) => {
      expect(startCommand).toMatch(/^gcloud run jobs execute \S+ --region \S+ --project \S+ --args 'batch\/input\/'$/);
    });
  });
});

test('an alert is raised on each failed execution', () => {
  const [policy] = resources(synthesize(), 'google_monitoring_alert_policy');
  const { filter, threshold_value, duration } = policy.conditions[0].condition_threshold;
  expect(filter).toContain('metric.type="run.googleapis.com/job/completed_execution_count"');
  expect(filter).toContain('metric.labels.result="failed"');
  expect([threshold_value, duration]).toEqual([0, '0s']);
});

test('logs are kept for as many days as given', () => {
  const from = synthesize({ logRetentionDays: 7 });
  expect(only(from, 'google_logging_project_bucket_config').retention_days).toBe(7);
  expect(only(from, 'google_logging_project_sink').filter).toContain('resource.type="cloud_run_job"');
});

describe('props', () => {
  const compute = (options: Partial<JobOptions>) => ({ compute: BatchCompute.job({ model, image, ...options }) });

  test.each<[string, Partial<BatchModelProps>, string[]]>([
    ['prefix without a slash at its end', { inputPrefix: 'rows' }, ['inputPrefix BAD_TEXT']],
    ['prefix that could end a condition', { outputPrefix: 'a")/' }, ['outputPrefix BAD_TEXT']],
    ['predictions among the files', { outputPrefix: 'batch/input/out/' }, ['outputPrefix CONFLICT']],
    ['URL as a bucket', { inputBucket: 'gs://rows' }, ['inputBucket BAD_TEXT']],
    ['timeout of eight days', { timeoutSeconds: 8 * 86_400 }, ['timeoutSeconds OUT_OF_RANGE']],
    ['no instance', compute({ instanceCount: 0 }), ['compute.instanceCount OUT_OF_RANGE']],
    ['memory for more CPUs', compute({ memoryMib: 16_384 }), ['compute.memoryMib CPU_MEMORY_MISMATCH']],
    [
      'GPU that is elsewhere',
      { region: 'europe-west9', ...compute({ gpu: Gpu.nvidiaL4() }) },
      ['compute.gpu GPU_NOT_IN_REGION'],
    ],
    [
      'GPU without a runtime that uses it',
      { compute: BatchCompute.job({ model, gpu: Gpu.nvidiaL4() }) },
      ['compute.image NO_GPU_RUNTIME'],
    ],
    [
      'variable of the construct',
      compute({ environment: { MODELSHIP_BATCH_OUTPUT: 'gs://other/' } }),
      ['compute.environment.MODELSHIP_BATCH_OUTPUT RESERVED_VARIABLE'],
    ],
    [
      'percentage above 100',
      compute({ toleratedFailurePercent: 101 }),
      ['compute.toleratedFailurePercent OUT_OF_RANGE'],
    ],
  ])('a %s is reported', (_, props, faults) => {
    expect(faultsOf(() => synthesize(props))).toEqual(faults);
  });

  test('predictions beside the files, or in another bucket, are accepted', () => {
    expect(faultsOf(() => synthesize({ inputPrefix: 'a/', outputPrefix: 'b/a/' }))).toEqual([]);
    expect(faultsOf(() => synthesize({ outputBucket: 'other', outputPrefix: 'batch/input/' }))).toEqual([]);
  });

  test('tokens pass', () => {
    const stack = googleStack();
    const bucket = new TerraformVariable(stack, 'bucket', {}).stringValue;
    new BatchModel(stack, 'Batch', { ...least, inputBucket: bucket });
    expect(variables(template(stack)).MODELSHIP_BATCH_INPUT).toBe(`gs://\${var.bucket}/`);
  });
});

test('the image is built for the model by default', () => {
  const from = synthesize({ compute: BatchCompute.job({ model, image: GoogleImage.fromCloudBuild() }) });
  expect(container(from).image).toMatch(/docker\.pkg\.dev/);
});
