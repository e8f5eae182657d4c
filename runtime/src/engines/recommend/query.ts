import { invalid } from '../../tensor/errors.js';
import { MAX_VALUE } from './arrays.js';
import type { Id } from './ids.js';

/** Number of items of a recommendation by default, if the model has as many. */
export const DEFAULT_ITEMS = 10;

/** Maximum number of items of a recommendation. */
export const MAX_ITEMS = 1000;

/** What a recommendation is for. */
export type Subject = 'user' | 'session' | 'item' | 'vector';

const SUBJECTS: readonly Subject[] = ['user', 'session', 'item', 'vector'];

/** Query for recommendations. */
export interface Query {
  readonly subject: Subject;
  /** The user or the item, or the items of the session. */
  readonly ids: readonly Id[];
  /** Vector of a user that the model does not have, such as the output of a tower. @default - the subject is another */
  readonly vector?: readonly number[];
  /** Number of items. @default - `DEFAULT_ITEMS`, or all if there are fewer */
  readonly k?: number | undefined;
  /** Items that may be recommended. @default - all */
  readonly allow?: readonly Id[] | undefined;
  /** Items that are not recommended. */
  readonly deny: readonly Id[];
  /** Whether items that the user, the session or the query itself has are left out. */
  readonly excludeSeen: boolean;
}

const MEMBERS = [...SUBJECTS, 'k', 'allow', 'deny', 'exclude_seen'];

/**
 * Parses a query: a JSON object, or the identifier of a user.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function parseQuery(text: string): Query {
  const isObject = /^\s*\{/.test(text);
  const values = isObject ? parsed(text) : { user: text };
  const extra = Object.keys(values).find((name) => !MEMBERS.includes(name));
  if (extra !== undefined) throw invalid(`query: \`${extra}\` is unknown; ${MEMBERS.join(', ')} are allowed`);
  const subjects = SUBJECTS.filter((name) => values[name] !== undefined);
  const [subject] = subjects;
  if (subject === undefined || subjects.length > 1) {
    const got = subjects.join(' and ') || 'none';
    throw invalid(`query: exactly one of \`user\`, \`session\`, \`item\` and \`vector\` is required, got ${got}`);
  }
  const { allow, deny, k, exclude_seen: excludeSeen = true } = values;
  if (k !== undefined && !(Number.isInteger(k) && Number(k) >= 1 && Number(k) <= MAX_ITEMS)) {
    throw invalid(`query: \`k\` must be a whole number from 1 to ${MAX_ITEMS}, got ${JSON.stringify(k)}`);
  }
  if (typeof excludeSeen !== 'boolean') {
    throw invalid(`query: \`exclude_seen\` must be true or false, got ${JSON.stringify(excludeSeen)}`);
  }
  return {
    subject,
    ...subjectOf(subject, values),
    k: k as number | undefined,
    allow: allow === undefined ? undefined : listOf(values, 'allow'),
    deny: deny === undefined ? [] : listOf(values, 'deny', true),
    excludeSeen,
  };
}

function subjectOf(subject: Subject, values: Record<string, unknown>): Pick<Query, 'ids' | 'vector'> {
  if (subject === 'vector') return { ids: [], vector: numbersOf(values.vector) };
  return { ids: subject === 'session' ? listOf(values, subject) : [idOf(values[subject], subject)] };
}

function numbersOf(vector: unknown): readonly number[] {
  const isUsable = (value: unknown) => typeof value === 'number' && Math.abs(value) <= MAX_VALUE;
  if (Array.isArray(vector) && vector.every(isUsable)) return vector;
  throw invalid(`query: \`vector\` must be a list of numbers of at most ${MAX_VALUE}`);
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`query: not valid JSON (${(error as Error).message})`);
  }
}

function listOf(values: Record<string, unknown>, name: string, canBeEmpty = false): readonly Id[] {
  const list = values[name];
  if (!Array.isArray(list)) throw invalid(`query: \`${name}\` must be a list of items, got ${JSON.stringify(list)}`);
  if (list.length === 0 && !canBeEmpty) throw invalid(`query: \`${name}\` must have at least one item`);
  return list.map((id) => idOf(id, name));
}

function idOf(id: unknown, name: string): Id {
  if (typeof id === 'string' || Number.isSafeInteger(id)) return id as Id;
  throw invalid(`query: an identifier in \`${name}\` must be a text or a whole number, got ${JSON.stringify(id)}`);
}
