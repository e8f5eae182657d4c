/** Format of an S3 key prefix that represents a folder. */
export const PREFIX = { pattern: /^[^/].*\/$/, rule: 'must not start with a slash, and must end with one' };

/** Format of a folder path relative to the mount point of a file system. */
export const FOLDER = { pattern: /^[^/].*[^/]$|^[^/]$/, rule: 'must not start or end with a slash' };
