/** Gives the headers that prove who asks. */
export type Credentials = () => Promise<Readonly<Record<string, string>>>;

/** Far less than a token lives on when a cloud hands it out, and far more than parts of an object are apart. */
const KEPT_MS = 60_000;

/** Asks once a minute: metadata servers throttle those who ask for each part of each file. */
export function kept(ask: Credentials): Credentials {
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
