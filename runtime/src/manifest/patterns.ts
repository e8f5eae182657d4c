/** A SHA-256 hash in hexadecimal digits. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** Digest of a package. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Version of a model: a decimal number, because TensorFlow Serving's routes and gRPC messages use int64. */
export const VERSION = /^(0|[1-9]\d{0,17})$/;
