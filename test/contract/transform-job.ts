import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
export interface TransformJob {
  readonly BatchStrategy: 'MultiRecord' | 'SingleRecord';
  readonly MaxConcurrentTransforms: number;
  readonly TransformInput: {
    readonly ContentType: string;
    readonly SplitType: 'None' | 'Line';
    readonly DataSource: { readonly S3DataSource: { readonly S3DataType: string; readonly S3Uri: string } };
  };
  readonly TransformOutput: {
    readonly Accept: string;
    readonly AssembleWith: 'None' | 'Line';
    readonly S3OutputPath: string;
  };
}

/** Of a request, if a job does not say. */
const MAX_PAYLOAD_BYTES = 6 * 2 ** 20;

const place = (uri: string) => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri)!;
  return { Bucket: bucket!, prefix: key! };
};

/** As many records in a request as fit, or each in its own. */
function requestsOf(content: string, { BatchStrategy, TransformInput }: TransformJob): string[] {
  if (TransformInput.SplitType !== 'Line') return [content];
  const records = content.split('\n').filter((record) => record !== '');
  if (BatchStrategy === 'SingleRecord') return records;
  const requests: string[] = [];
  let request = '';
  for (const record of records) {
    if (request.length + record.length + 1 > MAX_PAYLOAD_BYTES) {
      requests.push(request);
      request = '';
    }
    request += `${record}\n`;
  }
  return request === '' ? requests : [...requests, request];
}

/**
 * Does a job as SageMaker does with a container that answers at `url`, and says how many requests it took.
 *
 * @throws Error with what the container answered, if that was no success
 */
export async function transform(s3: S3Client, job: TransformJob, url: string): Promise<number> {
  const { TransformInput: input, TransformOutput: output } = job;
  const from = place(input.DataSource.S3DataSource.S3Uri);
  const to = place(output.S3OutputPath);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: from.Bucket, Prefix: from.prefix }));
  const ask = async (body: string) => {
    const headers = { 'content-type': input.ContentType, accept: output.Accept };
    const answer = await fetch(`${url}/invocations`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.text();
  };
  let asked = 0;
  for (const { Key } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: from.Bucket, Key }));
    const requests = requestsOf(await Body!.transformToString(), job);
    const answers: string[] = [];
    for (let first = 0; first < requests.length; first += job.MaxConcurrentTransforms) {
      answers.push(...(await Promise.all(requests.slice(first, first + job.MaxConcurrentTransforms).map(ask))));
    }
    asked += requests.length;
    const assembled =
      output.AssembleWith === 'Line'
        ? answers.map((text) => `${text.replace(/\n$/, '')}\n`).join('')
        : answers.join('');
    const name = `${to.prefix}/${Key!.split('/').at(-1)}.out`;
    await s3.send(new PutObjectCommand({ Bucket: to.Bucket, Key: name, Body: Buffer.from(assembled) }));
  }
  return asked;
}
