import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** An event and the request ID that identifies its response. */
export interface Invocation {
  readonly id: string;
  /** Event in the format of the function's trigger. */
  readonly event: unknown;
}

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';

/** Client of the Lambda runtime API. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export class RuntimeApi {
  private readonly agent = new Agent({ keepAlive: true });

  /** @param host host and port, as Lambda sets them */
  constructor(private readonly host: string) {}

  /** Waits for the next event without a time limit. */
  async next(): Promise<Invocation> {
    const response = await answerTo(this.call('GET', 'invocation/next').end());
    const id = response.headers['lambda-runtime-aws-request-id'];
    const event = await text(response);
    if (response.statusCode !== 200 || typeof id !== 'string') {
      throw new Error(`Lambda returned no event, but status ${response.statusCode}`);
    }
    return { id, event: JSON.parse(event) };
  }

  /** Returns the response in one piece. */
  succeed(id: string, answer: unknown): Promise<void> {
    return this.tell(`invocation/${id}/response`, answer);
  }

  /** Streams the response: each piece that `write` writes is sent immediately. */
  async stream(id: string, write: (stream: ClientRequest) => Promise<void>): Promise<void> {
    const call = this.call('POST', `invocation/${id}/response`, {
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
      trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    });
    const answered = answerTo(call);
    // The writer also receives the error of a lost connection, so it is ignored here.
    answered.catch(() => {});
    try {
      await write(call);
    } catch (error) {
      if (!call.headersSent) {
        call.destroy();
        return this.fail(id, error as Error);
      }
      const body = Buffer.from(JSON.stringify(described(error as Error))).toString('base64');
      call.addTrailers({ [ERROR_TYPE]: (error as Error).name, [ERROR_BODY]: body });
      call.end();
    }
    await accepted(await answered);
  }

  fail(id: string, error: Error): Promise<void> {
    return this.tell(`invocation/${id}/error`, described(error));
  }

  failInitialization(error: Error): Promise<void> {
    return this.tell('init/error', described(error));
  }

  private async tell(path: string, body: unknown): Promise<void> {
    await accepted(await answerTo(this.call('POST', path).end(JSON.stringify(body))));
  }

  private call(method: string, path: string, headers?: Readonly<Record<string, string>>): ClientRequest {
    return request(`http://${this.host}/2018-06-01/runtime/${path}`, { agent: this.agent, method, headers });
  }
}

function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => call.once('response', resolve).once('error', reject));
}

/**
 * Checks that Lambda accepted the response. A response that is too large fails only its own invocation; any other
 * rejection is fatal.
 */
async function accepted(response: IncomingMessage): Promise<void> {
  const answer = await text(response);
  if (response.statusCode === 413) console.error(`Lambda rejected a response: ${answer}`);
  else if (response.statusCode !== 202) throw new Error(`Lambda rejected a response with ${response.statusCode}`);
}

function described({ name, message }: Error) {
  return { errorType: name, errorMessage: message, stackTrace: [] };
}
