import { describe } from './describe.js';
import type { FaultCode } from './fault-codes.js';

/** Fault in one prop of a construct. */
export interface Fault {
  /** Stable code for tools and tests. */
  readonly code: FaultCode;
  /** Path of the prop, with dots between members: `rollout.percent`. */
  readonly prop: string;
  /** Message with the received value, the allowed values, and the fix. */
  readonly message: string;
}

/** Error that lists all faults in the props of one construct. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';

  constructor(
    /** Kind and path of the construct. */
    readonly subject: string,
    /** All faults, in the order of the checks. */
    readonly faults: readonly Fault[],
  ) {
    super(
      `${subject} cannot be created; ${faults.length === 1 ? 'one prop is' : `${faults.length} props are`} wrong:\n` +
        faults.map((fault) => `  - ${fault.prop}: ${fault.message} [${fault.code}]`).join('\n'),
    );
  }
}

/** Allowed range of a number, and the service that sets it. */
export interface Range {
  /** Smallest allowed value. */
  readonly min: number;
  /** Largest allowed value. */
  readonly max: number;
  /** Whether fractions are allowed. @default false */
  readonly fraction?: boolean;
  /** Unit, such as `MiB` or `seconds`. */
  readonly unit?: string;
  /** Service that sets the bounds, for the message: `AWS Lambda`. */
  readonly source: string;
  /** Advice for values above `max`, as a sentence. @default - the message has no advice */
  readonly adviceAboveMax?: string;
  /** Advice for values below `min`, as a sentence. @default - the message has no advice */
  readonly adviceBelowMin?: string;
}

/** Allowed values of a numeric prop, and the service that sets them. */
export interface Steps {
  /** Allowed values. */
  readonly values: readonly number[];
  /** Unit, such as `MiB` or `days`. */
  readonly unit?: string;
  /** Service that sets the values, for the message: `CloudWatch Logs`. */
  readonly source: string;
}

/**
 * Collects the faults of a construct's props. Tokens, which the toolkit resolves only at deployment, pass all value
 * checks except `known`.
 */
export class Validator {
  private readonly faults: Fault[] = [];

  constructor(
    private readonly subject: string,
    /** Returns whether the toolkit resolves the value only at deployment. */
    readonly isToken: (value: unknown) => boolean,
  ) {}

  /** Reports a fault unless `ok`. */
  check(ok: boolean, prop: string, code: FaultCode, message: string): void {
    if (!ok) this.faults.push({ code, prop, message });
  }

  /** Reports that the target does not support `prop`. `reason` explains why and names an alternative. */
  refuse(prop: string, reason: string): void {
    this.check(false, prop, 'UNSUPPORTED', reason);
  }

  /** Reports a fault if `value` is defined and not a number within `range`. */
  number(prop: string, value: number | undefined, range: Range): void {
    if (value === undefined || this.isToken(value)) return;
    const unit = range.unit ? ` ${range.unit}` : '';
    const allowed = `${range.source} allows ${range.fraction ? 'a number' : 'a whole number'} from ${range.min} to ${range.max}${unit}`;
    if (!this.isNumber(prop, value, allowed)) return;
    const advice = value > range.max ? range.adviceAboveMax : value < range.min ? range.adviceBelowMin : undefined;
    const isKind = range.fraction ? Number.isFinite(value) : Number.isInteger(value);
    this.check(
      isKind && value >= range.min && value <= range.max,
      prop,
      'OUT_OF_RANGE',
      `got ${value}; ${allowed}${advice ? `. ${advice}` : ''}`,
    );
  }

  /** Reports a fault if `value` is defined and not one of the allowed values. */
  step(prop: string, value: number | undefined, { values, unit, source }: Steps): void {
    if (value === undefined || this.isToken(value)) return;
    const allowed = `${source} allows ${values.join(', ')}${unit ? ` ${unit}` : ''}`;
    if (!this.isNumber(prop, value, allowed)) return;
    this.check(values.includes(value), prop, 'OUT_OF_RANGE', `got ${value}; ${allowed}`);
  }

  /** Reports a fault if `value` is defined and does not match `pattern`. `rule` describes the pattern in words. */
  text(prop: string, value: string | undefined, pattern: RegExp, rule: string): void {
    if (value === undefined || this.isToken(value)) return;
    if (typeof value === 'string') {
      this.check(pattern.test(value), prop, 'BAD_TEXT', `got ${JSON.stringify(value)}; ${rule}`);
    } else this.check(false, prop, 'WRONG_TYPE', `got ${describe(value)}; ${rule}`);
  }

  /** Reports a fault and returns false if `value` is a token. `why` explains what needs the value at synthesis. */
  known(prop: string, value: unknown, why: string): boolean {
    const isKnown = !this.isToken(value);
    this.check(
      isKnown,
      prop,
      'UNRESOLVED_TOKEN',
      `got a token, whose value is known only at deployment; ${why}. Pass the value itself, or read it from the context of the app`,
    );
    return isKnown;
  }

  private isNumber(prop: string, value: unknown, allowed: string): value is number {
    const ok = typeof value === 'number';
    this.check(ok, prop, 'WRONG_TYPE', `got ${describe(value)}; ${allowed}`);
    return ok;
  }

  /** @throws ValidationError with all faults, if there are any */
  throwIfAny(): void {
    if (this.faults.length > 0) throw new ValidationError(this.subject, this.faults);
  }
}
