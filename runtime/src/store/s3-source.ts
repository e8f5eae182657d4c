import type { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from './object-source.js';
import { failureOf } from './retry.js';

export { S3Client };

/** Milliseconds that S3 may take for one response, including the last byte. */
const ANSWER_MS = 60_000;

let client: S3Client | undefined;

/** Amazon S3, `s3://bucket/key`, authorized by the credentials of the host. */
export const s3Store: ObjectStore = {
  open(url) {
    const object = { Bucket: url.host, Key: keyOf(url) };
    return {
      async read(start, end) {
        const command = new GetObjectCommand({ ...object, Range: `bytes=${start}-${end - 1}` });
        const { Body } = await answered((s3, options) => s3.send(command, options));
        return { chunks: Body as Readable, isWhole: false };
      },
    };
  },

  async list(url) {
    const Prefix = keyOf(url);
    const names: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: url.host, Prefix, ContinuationToken });
      const page = await answered((s3, options) => s3.send(command, options));
      names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(Prefix.length)));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return names;
  },

  async write(url, body, contentType) {
    const command = new PutObjectCommand({
      Bucket: url.host,
      Key: keyOf(url),
      Body: body,
      ContentType: contentType,
    });
    await answered((s3, options) => s3.send(command, options));
  },
};

async function answered<T>(ask: (s3: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
  // Retries are handled by `withRetries`, so that every store behaves the same.
  client ??= new S3Client({ maxAttempts: 1, followRegionRedirects: true, forcePathStyle: isOwnEndpoint() });
  try {
    return await ask(client, { abortSignal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === undefined) throw new Error(`S3 does not answer: ${(error as Error).message}`);
    throw failureOf(status, `S3 answered ${status} (${(error as Error).name})`);
  }
}

function keyOf({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(1));
}

/** Whether a custom endpoint is set. S3-compatible stores such as MinIO have no host name for each bucket. */
function isOwnEndpoint(): boolean {
  return Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
}
