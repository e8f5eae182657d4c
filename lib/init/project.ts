import type { Trust } from '@modelship/runtime/manifest';
import type { Engine, Target } from './targets.js';

/** A deployment repository before it is written. */
export interface Project {
  /** Name of the repository, of the stack and of the npm package. */
  readonly name: string;
  readonly target: Target;
  readonly engine: Engine;
  /** Name of the model, whose package is in `models/<name>`. */
  readonly model: string;
  /** Option that declares trust in the model, if its files can run code. */
  readonly trust: Trust | undefined;
  /** Versions of npm packages by name, `modelship` included. */
  readonly modelship: Readonly<Record<string, string>>;
}

/** The expression that reads the model's package. */
export function modelExpression({ model, trust }: Project): string {
  return `Model.fromDirectory('models/${model}'${trust ? `, { ${trust}: true }` : ''})`;
}

/** Formats `value` as the text of a JSON file. */
export function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
