import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { restEvent } from '../../contract/api-gateway.js';
import { LambdaEnvironment } from '../../contract/lambda-interface.js';
import { expectSamples, samplesOf } from '../../contract/started-runtime.js';
import type { Answer } from '../../support/aws-calls.js';
import type { Account, Version } from './account.js';
import { Report } from './report.js';
import { QUESTIONS, STACKS, stackName, TAG } from './stacks.js';

const MINUTE = 60_000;
/** SageMaker takes longest: a deployment with a canary starts the instances twice. */
const STEP_TIMEOUT = 90 * MINUTE;
const POLL = 10_000;

const NO_FRONT = 'The local endpoint has no front door and starts no container.';
const NO_ROLLOUT = 'The local endpoint shifts all traffic at once and does not watch alarms.';
const NOT_AWS = 'Not answered: the local endpoint is not AWS.';

const pause = () => new Promise((resolve) => setTimeout(resolve, POLL));

/** Defines the tests that deploy every stack, update it, roll it back and destroy it. */
export function testLifecycle(open: () => Promise<Account>): void {
  const report = new Report();
  const deployedAt = new Map<string, number>();
  let account: Account;

  beforeAll(async () => {
    account = await open();
  }, 10 * MINUTE);

  afterAll(async () => {
    if (!account) return;
    // A stack whose deletion failed or was not selected by the test runner would go on costing money.
    for (const name of deployedAt.keys()) await destroyAndList(name).catch(() => undefined);
    // The Tagging API of the local endpoint fails on resources that it does not know.
    if (!account.isLocal) report.finds(await account.tagged(TAG));
    report.print(
      account.isLocal
        ? 'a run against the local endpoint. Nothing was deployed to AWS; the costs are what AWS would charge for these times'
        : `a run in account ${account.id}, ${account.region}`,
    );
    await account.stop();
  }, 3 * STEP_TIMEOUT);

  const skip = (context: TestContext, stack: string, step: string, reason: string, question?: string): never => {
    report.skip(stack, step, reason, question);
    return context.skip(reason);
  };

  const deploy = async (name: string, version: Version) => {
    if (!deployedAt.has(name)) deployedAt.set(name, Date.now());
    await account.deploy(name, version);
    expect(await account.digest(name)).toBe(account.models[version].digest);
  };

  const destroyAndList = (name: string) =>
    report.run(name, 'destroy, and list what is left', async () => {
      const retained = await account.retained(name);
      await account.destroy(name);
      const { StackSummaries } = await account.call('cloudformation', 'list_stacks', {
        StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'DELETE_FAILED'],
      });
      expect(StackSummaries.map(({ StackName }: Answer) => StackName)).not.toContain(stackName(name));
      report.cost(name, Date.now() - deployedAt.get(name)!, account.messages.get(stackName(name)) ?? []);
      report.leaves(name, retained);
      deployedAt.delete(name);
      return `${retained.length} resources are kept on purpose`;
    });

  describe.each(STACKS)('$name', ({ name }) => {
    test('is deployed', { timeout: STEP_TIMEOUT }, () =>
      report.run(name, 'deploy the first version', () => deploy(name, 'first')),
    );

    test('answers its golden samples', { timeout: STEP_TIMEOUT }, async (context) => {
      const step = 'send the golden samples';
      if (!account.isLocal) return report.run(name, step, () => evaluate(account, name, 'first'));
      if (name !== 'serverless' && name !== 'batch') return skip(context, name, step, NO_FRONT);
      return report.run(name, step, () => evaluateFunction(account, name));
    });

    if (name === 'batch') {
      test('predicts the rows of a file', { timeout: STEP_TIMEOUT }, async (context) => {
        const step = 'run a batch';
        const question = 'Does Step Functions sign the colon in the path of `apigateway:invoke` as API Gateway does?';
        if (account.isLocal) return skip(context, name, step, NOT_AWS, question);
        return report.run(name, step, () => runBatch(account, name), question);
      });
    } else {
      test('is rolled back when an alarm fires', { timeout: STEP_TIMEOUT }, async (context) => {
        const step = 'force an alarm during the canary, and see the rollback';
        if (account.isLocal) return skip(context, name, step, NO_ROLLOUT);
        return report.run(name, step, async () => {
          await forceRollback(account, name);
          expect(await account.digest(name)).toBe(account.models.first.digest);
        });
      });
    }

    test('is updated to the second version', { timeout: STEP_TIMEOUT }, async () => {
      const question =
        name === 'serverless'
          ? 'Does Lambda publish a version whose first deployment CodeDeploy rolled back?'
          : undefined;
      const step = name === 'batch' ? 'update to the second version' : 'update to the second version with a canary';
      const update = async () => {
        await deploy(name, 'second');
        if (question) return account.isLocal ? NOT_AWS : 'yes';
      };
      await report.run(name, step, update, question);
      if (account.isLocal) return;
      await report.run(name, 'send the golden samples of the second version', () => evaluate(account, name, 'second'));
    });

    test('is destroyed', { timeout: STEP_TIMEOUT }, () => destroyAndList(name));
  });

  describe.each(QUESTIONS)('$name', ({ name, question, isAnsweredByUpdate, regions = /./ }) => {
    /** On AWS a refusal is an answer, too. */
    const answer = async (version: Version) => {
      const step = `deploy the ${version} version`;
      const isAnswer = isAnsweredByUpdate === (version === 'second');
      if (!isAnswer) return report.run(name, step, () => deploy(name, version));
      if (account.isLocal) {
        return report.run(name, step, () => deploy(name, version).then(() => NOT_AWS), question);
      }
      await report.run(name, step, () => deploy(name, version).then(() => 'yes'), question).catch(() => undefined);
    };

    test(question, { timeout: 2 * STEP_TIMEOUT }, async (context) => {
      if (!account.isLocal && !regions.test(account.region)) {
        skip(context, name, 'deploy', `Only a region like ${regions} can answer this.`, question);
      }
      await answer('first');
      if (isAnsweredByUpdate) await answer('second');
    });

    test('is destroyed', { timeout: STEP_TIMEOUT }, async (context) => {
      if (!deployedAt.has(name)) context.skip('It was not deployed.');
      await destroyAndList(name);
    });
  });
}

/** Sends the golden samples with the CLI, signed with the credentials of the account. */
async function evaluate(account: Account, name: string, version: Version): Promise<string> {
  const url = await account.predictUrl(name);
  return account.modelship('evaluate', url, '--aws', '--package', account.models[version].directory);
}

/** Sends the golden samples to the deployed function, run on this machine with AWS's runtime interface client. */
async function evaluateFunction(account: Account, name: string): Promise<string> {
  const { Handler, Environment } = await account.functionOf(name);
  const { code, layer } = await account.functionFolders(name, 'first');
  const here = (path: string) => path.replace(/^\/opt\//, `${layer}/`).replace(/^\/var\/task/, code);
  const variables = Object.entries<string>(Environment.Variables).map(([key, value]) => [key, here(value)]);
  const lambda = new LambdaEnvironment({
    handler: here(Handler),
    codeFolder: code,
    environment: Object.fromEntries(variables),
  });
  await lambda.start();
  try {
    await expectSamples(account.models.first, async (path, { method, headers, body }) => {
      const event = restEvent(method!, path, headers as Record<string, string>, body as string);
      const answer = await lambda.stream(event);
      return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
    });
  } finally {
    await lambda.stop();
  }
  return 'The deployed code and layer ran on this machine, without API Gateway.';
}

/** Runs a batch of the rows of the golden samples, and waits for it. */
async function runBatch(account: Account, name: string): Promise<string> {
  const samples = samplesOf(account.models.first) as unknown as { request: { inputs: [{ data: number[] }] } }[];
  const rows = samples.flatMap(({ request: { inputs } }) => chunks(inputs[0].data, 4));
  const [Bucket] = await account.idsOf(name, 'AWS::S3::Bucket');
  const Key = 'batch/input/rows.jsonl';
  await account.call('s3', 'put_object', { Bucket, Key, Body: rows.map((row) => JSON.stringify(row)).join('\n') });
  const [stateMachineArn] = await account.idsOf(name, 'AWS::StepFunctions::StateMachine');
  const input = JSON.stringify({ key: Key });
  const { executionArn } = await account.call('stepfunctions', 'start_execution', { stateMachineArn, input });
  for (;;) {
    await pause();
    const { status, cause } = await account.call('stepfunctions', 'describe_execution', { executionArn });
    if (status === 'RUNNING') continue;
    expect(`${status} ${cause ?? ''}`.trim()).toBe('SUCCEEDED');
    return `${rows.length} rows`;
  }
}

/** Updates to the second version, sets the alarms of the stack while traffic shifts, and waits for the rollback. */
async function forceRollback(account: Account, name: string): Promise<void> {
  let failure: Error | undefined;
  let isDeploying = true;
  const deployment = account
    .deploy(name, 'second')
    .catch((error) => {
      failure = error;
    })
    .finally(() => {
      isDeploying = false;
    });
  const alarms = await account.idsOf(name, 'AWS::CloudWatch::Alarm');
  const setAlarms = async (StateValue: 'ALARM' | 'OK') => {
    for (const AlarmName of alarms) {
      const StateReason = `npm run integ -- aws: ${name}`;
      await account.call('cloudwatch', 'set_alarm_state', { AlarmName, StateValue, StateReason });
    }
  };
  while (isDeploying && !(await isShifting(account, name))) await pause();
  // CloudWatch evaluates the alarm again within a minute and resets it, so the state is set until AWS has seen it.
  while (isDeploying && (await isShifting(account, name))) {
    await setAlarms('ALARM');
    await pause();
  }
  // CloudFormation then restores the first version, which an alarm would stop, too.
  await setAlarms('OK');
  await deployment;
  expect(failure, 'the deployment ended without a rollback').toBeDefined();
  const { Stacks } = await account.call('cloudformation', 'describe_stacks', { StackName: stackName(name) });
  expect(Stacks[0].StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
}

/** Whether the service is shifting traffic to a new version, and not back. */
async function isShifting(account: Account, name: string): Promise<boolean> {
  if (name === 'serverless') {
    const [applicationName] = await account.idsOf(name, 'AWS::CodeDeploy::Application');
    const [deploymentGroupName] = await account.idsOf(name, 'AWS::CodeDeploy::DeploymentGroup');
    const { deployments } = await account.call('codedeploy', 'list_deployments', {
      applicationName,
      deploymentGroupName,
      includeOnlyStatuses: ['InProgress'],
    });
    return deployments.length > 0;
  }
  if (name === 'container') {
    const [service] = await account.idsOf(name, 'AWS::ECS::Service');
    const [cluster] = await account.idsOf(name, 'AWS::ECS::Cluster');
    const { serviceDeployments } = await account.call('ecs', 'list_service_deployments', {
      cluster,
      service,
      status: ['IN_PROGRESS'],
    });
    return serviceDeployments.length > 0;
  }
  const [endpoint] = await account.idsOf(name, 'AWS::SageMaker::Endpoint');
  const EndpointName = endpoint!.split('/').at(-1);
  const { EndpointStatus } = await account.call('sagemaker', 'describe_endpoint', { EndpointName });
  return EndpointStatus === 'Updating';
}

function chunks<Value>(values: readonly Value[], size: number): Value[][] {
  return Array.from({ length: values.length / size }, (_, index) => values.slice(index * size, (index + 1) * size));
}
