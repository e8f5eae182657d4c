import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { requireTool } from './tools.js';

/** What AWS answers, whatever that is. */
// biome-ignore lint/suspicious/noExplicitAny: the answers of all services
export type Answer = any;

/** A Python process that answers one request after another, each a line of JSON: a process for each would take a second. */
class PythonAnswers {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly script: string,
    env: NodeJS.ProcessEnv,
  ) {
    this.child = spawn(requireTool('python3'), [join(__dirname, 'moto', script)], { env });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  protected ask(request: unknown): Promise<Answer> {
    const answered = this.last.then(async () => {
      this.child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await this.answers.next();
      if (done) throw new Error(`${this.script} ended with ${this.child.exitCode}`);
      return JSON.parse(value);
    });
    this.last = answered.catch(() => undefined);
    return answered;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }
}

/** Calls of AWS's services by its own SDK. */
export class AwsCalls extends PythonAnswers {
  /** @param env where the services are, and as whom they are called */
  constructor(env: NodeJS.ProcessEnv) {
    super('aws_calls.py', env);
  }

  /**
   * The whole answer, of all pages.
   *
   * @param operation as boto3 names it, such as `list_functions`
   * @throws Error with the service's own message
   */
  async call(service: string, operation: string, parameters: object = {}): Promise<Answer> {
    const { answer, error } = await this.ask([service, operation, parameters]);
    if (error) throw new Error(`${service} ${operation}: ${error}`);
    return answer;
  }
}

/** What CloudFormation's schemas and botocore's models do not allow in a template. */
export class AwsConstraints extends PythonAnswers {
  constructor() {
    super('template_constraints.py', process.env);
  }

  /** Names and values that are refused, each with the resource and the reason. Values that only a deployment knows pass. */
  faults(template: object): Promise<string[]> {
    return this.ask(template);
  }
}
