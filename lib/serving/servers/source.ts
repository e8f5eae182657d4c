/** Where a server gets a model from by itself, instead of from the package. */
export interface ModelSource {
  /**
   * `s3` and `gcs` are buckets, whose objects the server's identity must be allowed to read; `folder` is in the image or
   * mounted; `hub` is a repository of Hugging Face's, or anything else that is reached over the internet.
   */
  readonly kind: 's3' | 'gcs' | 'folder' | 'hub';
  /** Of `s3` and `gcs`. */
  readonly bucket?: string;
  /** Of `s3` and `gcs`: the folder in the bucket without slashes at its ends; empty for the whole bucket. */
  readonly prefix?: string;
}

const SCHEMES = { 's3://': 's3', 'gs://': 'gcs' } as const;

/** Reads what was given as a source. A bucket's name may be a token. */
export function modelSource(source: string): ModelSource {
  for (const [scheme, kind] of Object.entries(SCHEMES)) {
    if (!source.startsWith(scheme)) continue;
    const [bucket = '', ...prefix] = source.slice(scheme.length).split('/');
    return { kind, bucket, prefix: prefix.filter((part) => part !== '').join('/') };
  }
  return { kind: /^[./]/.test(source) ? 'folder' : 'hub' };
}
