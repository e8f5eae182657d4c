import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ObjectSource } from './object-source.js';
import { PermanentError } from './retry.js';

let client: S3Client | undefined;

/** An object in Amazon S3, `s3://bucket/key`, by the credentials of the host. */
export function openS3(url: URL): ObjectSource {
  // Retries are ours, so that every store has the same.
  client ??= new S3Client({ maxAttempts: 1, followRegionRedirects: true, forcePathStyle: isOwnEndpoint() });
  const s3 = client;
  const Key = decodeURIComponent(url.pathname.slice(1));
  return {
    async read(start, end) {
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: url.host, Key, Range: `bytes=${start}-${end - 1}` }),
        );
        return Buffer.from(await Body!.transformToByteArray());
      } catch (error) {
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
        if (status === undefined) throw new Error(`S3 does not answer: ${(error as Error).message}`);
        const message = `S3 answered ${status} (${(error as Error).name})`;
        throw status >= 500 || status === 429 ? new Error(message) : new PermanentError(message);
      }
    },
  };
}

/** Stores of the same API, such as MinIO, have no host name for each bucket. */
function isOwnEndpoint(): boolean {
  return Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
}
