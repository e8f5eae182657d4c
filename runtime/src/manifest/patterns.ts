/** A SHA-256. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** The digest of a package. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A version of a model: a number in decimal, because TensorFlow Serving's routes and gRPC messages hold an int64. */
export const VERSION = /^(0|[1-9]\d{0,17})$/;
