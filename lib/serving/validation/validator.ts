/** One thing that is wrong with the props of a construct. */
export interface Fault {
  /** Stable, for tools and tests. */
  readonly code: string;
  /** The prop, with dots for what is inside it. */
  readonly prop: string;
  /** What was wrong, what was got, what is allowed, and how to fix it. */
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
      `${subject} cannot be made, ${faults.length === 1 ? 'one prop is' : `${faults.length} props are`} wrong:\n` +
        faults.map((fault) => `  - ${fault.prop}: ${fault.message} [${fault.code}]`).join('\n'),
    );
  }
}

/** The bounds of a number, and who set them. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Whether fractions are allowed. @default false */
  readonly fraction?: boolean;
  /** Such as `MiB` or `seconds`. */
  readonly unit?: string;
  /** Where the bound comes from, for the message: `AWS Lambda`. */
  readonly source: string;
  /** What allows more than `max`, as a sentence. @default - nothing is said */
  readonly beyond?: string;
}

/**
 * Gathers the faults of a construct's props. A value that the cloud's toolkit resolves only at deployment (a token)
 * passes every check.
 */
export class Validator {
  private readonly faults: Fault[] = [];

  constructor(
    private readonly subject: string,
    private readonly isToken: (value: unknown) => boolean,
  ) {}

  /** Notes a fault unless `ok`. */
  check(ok: boolean, prop: string, code: string, message: string): void {
    if (!ok) this.faults.push({ code, prop, message });
  }

  /** Notes a fault if `value` is given and is not a number within `range`. */
  number(prop: string, value: number | undefined, range: Range): void {
    if (value === undefined || this.isToken(value)) return;
    const unit = range.unit ? ` ${range.unit}` : '';
    const kind = range.fraction ? 'a number' : 'a whole number';
    const beyond = range.beyond && value > range.max ? `. ${range.beyond}` : '';
    const ok =
      typeof value === 'number' &&
      (range.fraction ? Number.isFinite(value) : Number.isInteger(value)) &&
      value >= range.min &&
      value <= range.max;
    this.check(
      ok,
      prop,
      'OUT_OF_RANGE',
      `got ${String(value)}; ${range.source} allows ${kind} from ${range.min} to ${range.max}${unit}${beyond}`,
    );
  }

  /** Notes a fault if `value` is given and does not match. `rule` says in words what does. */
  text(prop: string, value: string | undefined, pattern: RegExp, rule: string): void {
    if (value === undefined || this.isToken(value)) return;
    this.check(
      typeof value === 'string' && pattern.test(value),
      prop,
      'BAD_TEXT',
      `got ${JSON.stringify(value)}; ${rule}`,
    );
  }

  /** Notes a fault if `value` is a token, where one cannot pass. `why` says in words what is done with it at synth. */
  known(prop: string, value: unknown, why: string): void {
    this.check(
      !this.isToken(value),
      prop,
      'UNRESOLVED_TOKEN',
      `got a value that is known at deployment only; ${why}, so give it in the code, or by the context of the app`,
    );
  }

  /** Notes a fault for each key of `props` that is not in `known`, which catches a misspelt prop in plain JavaScript. */
  knownProps(props: object, known: readonly string[]): void {
    for (const key of Object.keys(props)) {
      this.check(known.includes(key), key, 'UNKNOWN_PROP', `no such prop; there are ${known.join(', ')}`);
    }
  }

  /** @throws ValidationError with every fault, if there is one */
  throwIfAny(): void {
    if (this.faults.length > 0) throw new ValidationError(this.subject, this.faults);
  }
}
