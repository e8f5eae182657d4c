// Function that CodeDeploy invokes before it shifts traffic to a new version.

import { GATE_ENVIRONMENT } from '../bundle/gate-questions.js';
import { callService } from './aws-service.js';
import { lambdaPredictor } from './lambda-predictor.js';
import { type Verdict, verdictOf } from './verdict.js';

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
  const verdict = await verdictWithin(deadline);
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

/** Returns the verdict. Questions that get no answer until the deadline are reasons against the version. */
async function verdictWithin(deadline: AbortSignal): Promise<Partial<Verdict> & Pick<Verdict, 'isPassed' | 'reasons'>> {
  const version = process.env[GATE_ENVIRONMENT.version] ?? '';
  try {
    return await verdictOf(__dirname, (questions) => lambdaPredictor(version, questions, deadline));
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
