/** Location from which a server loads a model by itself, instead of from the package. */
export interface ModelSource {
  /**
   * Kind of the location. `s3` and `gcs` are buckets whose objects the server's identity must be allowed to read.
   * `folder` is in the image or mounted. `hub` is a Hugging Face repository, or any other location on the internet.
   */
  readonly kind: 's3' | 'gcs' | 'folder' | 'hub';
  /** Bucket name of `s3` and `gcs`. */
  readonly bucket?: string;
  /** Folder in the bucket of `s3` and `gcs`, without leading and trailing slashes. Empty for the whole bucket. */
  readonly prefix?: string;
}

const SCHEMES = { 's3://': 's3', 'gs://': 'gcs' } as const;

/** Parses a model source. The name of a bucket can be a token. */
export function modelSource(source: string): ModelSource {
  for (const [scheme, kind] of Object.entries(SCHEMES)) {
    if (!source.startsWith(scheme)) continue;
    const [bucket = '', ...prefix] = source.slice(scheme.length).split('/');
    return { kind, bucket, prefix: prefix.filter((part) => part !== '').join('/') };
  }
  return { kind: /^[./]/.test(source) ? 'folder' : 'hub' };
}
