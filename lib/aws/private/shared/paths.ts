/** Format of an S3 key prefix that represents a folder. */
export const PREFIX = { pattern: /^[^/].*\/$/, rule: 'it must not begin with a slash, and must end in one' };

/** Format of a folder path relative to the mount point of a file system. */
export const FOLDER = { pattern: /^[^/].*[^/]$|^[^/]$/, rule: 'it must neither begin nor end with a slash' };
