// Function that CodeDeploy or ECS invokes before it shifts traffic to a new version.

import { GATE_ENVIRONMENT } from '../bundle/gate-questions.js';
import { callService } from './aws-service.js';
import { httpPredictor } from './http-predictor.js';
import { lambdaPredictor } from './lambda-predictor.js';
import { type OpenVersion, type Verdict, verdictOf } from './verdict.js';

/** Event of a lifecycle hook of CodeDeploy. */
interface CodeDeployEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** Milliseconds before the function times out in which it still reports to CodeDeploy. */
const REPORT_MS = 30_000;

/**
 * Asks the new version the questions beside this file, and reports the verdict to CodeDeploy. A version that does not
 * answer in time does not pass.
 */
export async function codeDeployHandler(event: CodeDeployEvent, context: Context): Promise<void> {
  const deadline = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - REPORT_MS));
  const version = process.env[GATE_ENVIRONMENT.version] ?? '';
  const verdict = await verdictWithin(deadline, (questions) => lambdaPredictor(version, questions, deadline));
  log(verdict);
  const body = JSON.stringify({
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: verdict.isPassed ? 'Succeeded' : 'Failed',
  });
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
  };
  await callService('codedeploy', { path: '/', headers, body }, AbortSignal.timeout(REPORT_MS));
}

/**
 * Asks the new version at the load balancer's port for tests, and returns the verdict to ECS. A function that times out
 * is no success either:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
 */
export async function ecsHandler(_event: unknown, context: Context): Promise<{ hookStatus: 'SUCCEEDED' | 'FAILED' }> {
  const deadline = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - REPORT_MS));
  const { [GATE_ENVIRONMENT.testUrl]: url = '', [GATE_ENVIRONMENT.serverName]: name } = process.env;
  const verdict = await verdictWithin(deadline, (questions) => httpPredictor(url, name, questions, deadline));
  log(verdict);
  return { hookStatus: verdict.isPassed ? 'SUCCEEDED' : 'FAILED' };
}

/** Returns the verdict. Questions that get no answer until the deadline are reasons against the version. */
async function verdictWithin(
  deadline: AbortSignal,
  open: OpenVersion,
): Promise<Partial<Verdict> & Pick<Verdict, 'isPassed' | 'reasons'>> {
  try {
    return await verdictOf(__dirname, open);
  } catch (error) {
    const late = deadline.aborted ? ['the version did not answer all questions in time'] : [];
    return { isPassed: false, reasons: error === deadline.reason ? late : [...late, (error as Error).message] };
  }
}

function log({ isPassed, ...rest }: Awaited<ReturnType<typeof verdictWithin>>): void {
  const message = isPassed ? 'the version passes the gate' : 'the version does not pass the gate';
  const level = isPassed ? 'info' : 'error';
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...rest }));
}
