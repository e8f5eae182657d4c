import { shellWord } from './shell-word.js';

/** Request that a command sends. */
export interface PredictCommandProps {
  readonly url: string;
  /** JSON body. If it is undefined, the command reads the body from the file `request.json`. */
  readonly body: string | undefined;
  /** Options of curl that authenticate the caller. They read secrets from variables or from a command. */
  readonly credentials: readonly string[];
}

/** Returns a shell command that requests a prediction with curl. */
export function predictCommand({ url, body, credentials }: PredictCommandProps): string {
  const data = body === undefined ? '@request.json' : shellWord(body);
  return ['curl', ...credentials, "-H 'Content-Type: application/json'", `--data ${data}`, shellWord(url)].join(' ');
}

/** Returns the option of curl that sends a token. `token` is expanded by the shell, such as `$TOKEN`. */
export function bearer(token: string): readonly string[] {
  return header('Authorization', `Bearer ${token}`);
}

/** Returns the option of curl that sends a header. The shell expands variables in `value`. */
export function header(name: string, value: string): readonly string[] {
  return [`-H "${name}: ${value}"`];
}
