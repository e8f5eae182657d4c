/** A stored object that can be read in parts. */
export interface ObjectSource {
  /**
   * The bytes from `start` up to, not including, `end`.
   *
   * @throws PermanentError if asking again is of no use
   */
  read(start: number, end: number): Promise<Buffer>;
}
