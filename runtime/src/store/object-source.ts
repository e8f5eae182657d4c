/** A stored object that can be read in parts. */
export interface ObjectSource {
  /**
   * Asks for the bytes from `start` up to, not including, `end`.
   *
   * @throws ObjectMissing, or another PermanentError if asking again is of no use
   */
  read(start: number, end: number): Promise<ObjectPart>;
}

/** What a store answered. */
export interface ObjectPart {
  /** The bytes, as they arrive. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Whether it is the whole object from its first byte, as from a server that knows no ranges. */
  readonly isWhole: boolean;
}

/** Where objects are. */
export interface ObjectStore {
  open(url: URL): ObjectSource;
  /**
   * The paths of all objects below the folder `url`, from there on. Absent where there is no way to ask.
   *
   * @throws PermanentError if asking again is of no use
   */
  list?(url: URL): Promise<readonly string[]>;
  /**
   * Writes an object, over what is there. Absent where nothing is ever written.
   *
   * @throws PermanentError if trying again is of no use
   */
  write?(url: URL, body: Buffer | string, contentType: string): Promise<void>;
}
