import { describe } from './describe.js';
import type { FaultCode } from './fault-codes.js';

/** One fault in the props of a construct. */
export interface Fault {
  /** Stable code for tools and tests. */
  readonly code: FaultCode;
  /** The prop, with dots for its members: `rollout.percent`. */
  readonly prop: string;
  /** What was got, what is allowed, and how to fix it. */
  readonly message: string;
}

/** Everything that is wrong with the props of one construct, in one error. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';

  constructor(
    /** The construct, by kind and path. */
    readonly subject: string,
    readonly faults: readonly Fault[],
  ) {
    super(
      `${subject} cannot be created; ${faults.length === 1 ? 'one prop is' : `${faults.length} props are`} wrong:\n` +
        faults.map((fault) => `  - ${fault.prop}: ${fault.message} [${fault.code}]`).join('\n'),
    );
  }
}

/** The bounds of a number, and who sets them. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Whether fractions are allowed. @default false */
  readonly fraction?: boolean;
  /** Such as `MiB` or `seconds`. */
  readonly unit?: string;
  /** Who sets the bounds, for the message: `AWS Lambda`. */
  readonly source: string;
  /** What to use for more than `max`, as a sentence. @default - the message has no advice */
  readonly beyond?: string;
  /** What to use for less than `min`, as a sentence. @default - the message has no advice */
  readonly below?: string;
}

/** The only numbers that a prop takes, and who sets them. */
export interface Steps {
  readonly values: readonly number[];
  /** Such as `MiB` or `days`. */
  readonly unit?: string;
  /** Who sets them, for the message: `CloudWatch Logs`. */
  readonly source: string;
}

/**
 * Gathers the faults of a construct's props. A value that the cloud's toolkit resolves only at deployment (a token)
 * passes every check.
 */
export class Validator {
  private readonly faults: Fault[] = [];

  constructor(
    private readonly subject: string,
    /** Whether the toolkit resolves the value only at deployment. */
    readonly isToken: (value: unknown) => boolean,
  ) {}

  /** Notes a fault unless `ok`. */
  check(ok: boolean, prop: string, code: FaultCode, message: string): void {
    if (!ok) this.faults.push({ code, prop, message });
  }

  /** Notes that the target cannot do what `prop` asks for. `reason` says why, and what can. */
  refuse(prop: string, reason: string): void {
    this.check(false, prop, 'UNSUPPORTED', reason);
  }

  /** Notes a fault if `value` is given and is not a number within `range`. */
  number(prop: string, value: number | undefined, range: Range): void {
    if (value === undefined || this.isToken(value)) return;
    const unit = range.unit ? ` ${range.unit}` : '';
    const allowed = `${range.source} allows ${range.fraction ? 'a number' : 'a whole number'} from ${range.min} to ${range.max}${unit}`;
    if (!this.isNumber(prop, value, allowed)) return;
    const advice = value > range.max ? range.beyond : value < range.min ? range.below : undefined;
    const isKind = range.fraction ? Number.isFinite(value) : Number.isInteger(value);
    this.check(
      isKind && value >= range.min && value <= range.max,
      prop,
      'OUT_OF_RANGE',
      `got ${value}; ${allowed}${advice ? `. ${advice}` : ''}`,
    );
  }

  /** Notes a fault if `value` is given and is none of the numbers of `steps`. */
  step(prop: string, value: number | undefined, { values, unit, source }: Steps): void {
    if (value === undefined || this.isToken(value)) return;
    const allowed = `${source} allows ${values.join(', ')}${unit ? ` ${unit}` : ''}`;
    if (!this.isNumber(prop, value, allowed)) return;
    this.check(values.includes(value), prop, 'OUT_OF_RANGE', `got ${value}; ${allowed}`);
  }

  /** Notes a fault if `value` is given and does not match. `rule` says in words what matches. */
  text(prop: string, value: string | undefined, pattern: RegExp, rule: string): void {
    if (value === undefined || this.isToken(value)) return;
    if (typeof value === 'string') {
      this.check(pattern.test(value), prop, 'BAD_TEXT', `got ${JSON.stringify(value)}; ${rule}`);
    } else this.check(false, prop, 'WRONG_TYPE', `got ${describe(value)}; ${rule}`);
  }

  /** Notes a fault if `value` is a token where one cannot pass. `why` says what needs the value at synthesis. */
  known(prop: string, value: unknown, why: string): void {
    this.check(
      !this.isToken(value),
      prop,
      'UNRESOLVED_TOKEN',
      `got a token, whose value is known only at deployment; ${why}. Pass the value itself, or read it from the context of the app`,
    );
  }

  private isNumber(prop: string, value: unknown, allowed: string): value is number {
    const ok = typeof value === 'number';
    this.check(ok, prop, 'WRONG_TYPE', `got ${describe(value)}; ${allowed}`);
    return ok;
  }

  /** @throws ValidationError with every fault, if there is one */
  throwIfAny(): void {
    if (this.faults.length > 0) throw new ValidationError(this.subject, this.faults);
  }
}
