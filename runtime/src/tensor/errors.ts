/**
 * The canonical status codes (those of gRPC), in which every part of the runtime reports a failure.
 * Each protocol maps them to its own status and body.
 */
export const STATUS_CODES = [
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
] as const;

export type StatusCode = (typeof STATUS_CODES)[number];

/** A failure that is told to the caller: `message` is safe to send. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';

  constructor(
    readonly code: StatusCode,
    message: string,
    /** Seconds after which a retry may succeed, for `UNAVAILABLE` and `RESOURCE_EXHAUSTED`. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** Shorthand for the most frequent failure: the caller's request is wrong. */
export function invalid(message: string): InferenceError {
  return new InferenceError('INVALID_ARGUMENT', message);
}

/** The failure of whatever comes once the server ends: another server may take it at once. */
export function shuttingDown(): InferenceError {
  return new InferenceError('UNAVAILABLE', 'the server is shutting down', 1);
}
