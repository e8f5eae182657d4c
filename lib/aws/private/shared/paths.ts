/** What the keys of objects begin with: a folder, as S3 has none. */
export const PREFIX = { pattern: /^[^/].*\/$/, rule: 'it must not begin with a slash, and must end in one' };

/** A folder of a file system, from where that is mounted. */
export const FOLDER = { pattern: /^[^/].*[^/]$|^[^/]$/, rule: 'it must neither begin nor end with a slash' };
