/** Returns the headers that authenticate a request. */
export type Credentials = () => Promise<Readonly<Record<string, string>>>;

/**
 * Cache lifetime in milliseconds: far shorter than the lifetime of a new cloud token, far longer than the time between
 * two parts of an object.
 */
const KEPT_MS = 60_000;

/** Caches the headers for a minute, because metadata servers throttle a request for every part of every file. */
export function cachedCredentials(ask: Credentials): Credentials {
  let asked: ReturnType<Credentials> | undefined;
  let until = 0;
  return () => {
    if (asked === undefined || Date.now() >= until) {
      until = Date.now() + KEPT_MS;
      asked = ask();
      asked.catch(() => {
        asked = undefined;
      });
    }
    return asked;
  };
}
