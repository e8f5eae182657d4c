/**
 * The canonical gRPC status codes. Every part of the runtime reports failures with them, and each protocol maps them to
 * its own status and body.
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

/** A failure reported to the client. `message` is safe to send. */
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

/** Returns the most frequent failure: an invalid request. */
export function invalid(message: string): InferenceError {
  return new InferenceError('INVALID_ARGUMENT', message);
}

/**
 * Returns the failure of requests that arrive while the server shuts down. Clients can retry on another server
 * immediately.
 */
export function shuttingDown(): InferenceError {
  return new InferenceError('UNAVAILABLE', 'the server is shutting down', 1);
}
