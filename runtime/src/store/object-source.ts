/** A stored object that can be read in parts. */
export interface ObjectSource {
  /**
   * Requests the bytes from `start` up to, but not including, `end`.
   *
   * @throws ObjectMissing, or another PermanentError if a retry cannot succeed
   */
  read(start: number, end: number): Promise<ObjectPart>;
}

/** Response of a store to a read. */
export interface ObjectPart {
  /** The bytes, as they arrive. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Whether the response is the whole object from its first byte, as from a server without support for ranges. */
  readonly isWhole: boolean;
}

/** A store of objects, such as a bucket. */
export interface ObjectStore {
  open(url: URL): ObjectSource;
  /**
   * Lists the paths of all objects below the folder `url`, relative to it. Absent if the store cannot list objects.
   *
   * @throws PermanentError if a retry cannot succeed
   */
  list?(url: URL): Promise<readonly string[]>;
  /**
   * Writes an object and overwrites an existing one. Absent if the runtime never writes to the store.
   *
   * @throws PermanentError if a retry cannot succeed
   */
  write?(url: URL, body: Buffer | string, contentType: string): Promise<void>;
  /**
   * Begins an object that is written in parts. It is not visible before its last part is written. Absent if the runtime
   * never writes large objects to the store.
   *
   * @throws PermanentError if a retry cannot succeed
   */
  create?(url: URL, contentType: string): Promise<ObjectWriter>;
}

/** An object that is being written. A part that failed can be written again. */
export interface ObjectWriter {
  /** Writes the next part. Its length is a multiple of 256 KiB. */
  write(part: Buffer): Promise<void>;
  /** Writes the last part, which can be empty, and makes the object visible. */
  end(part: Buffer): Promise<void>;
}
