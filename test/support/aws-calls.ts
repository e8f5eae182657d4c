import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { requireTool } from './tools.js';

/** What AWS answers, whatever that is. */
// biome-ignore lint/suspicious/noExplicitAny: the answers of all services
export type Answer = any;

/** Calls of AWS's services by its own SDK, all from one process: a process for each would take a second. */
export class AwsCalls {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private last: Promise<unknown> = Promise.resolve();

  /** @param env where the services are, and as whom they are called */
  constructor(env: NodeJS.ProcessEnv) {
    this.child = spawn(requireTool('python3'), [join(__dirname, 'moto', 'aws_calls.py')], { env });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * The whole answer, of all pages.
   *
   * @param operation as boto3 names it, such as `list_functions`
   * @throws Error with the service's own message
   */
  call(service: string, operation: string, parameters: object = {}): Promise<Answer> {
    const answered = this.last.then(async () => {
      this.child.stdin.write(`${JSON.stringify([service, operation, parameters])}\n`);
      const { value, done } = await this.answers.next();
      if (done) throw new Error(`aws_calls.py ended with ${this.child.exitCode}`);
      const { answer, error } = JSON.parse(value);
      if (error) throw new Error(`${service} ${operation}: ${error}`);
      return answer;
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
