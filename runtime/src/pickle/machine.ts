import { isTorchFile } from '../manifest/format.js';
import { type ByteStream, UnreadablePickle } from './byte-stream.js';
import { isJoblibArray, isJoblibClass, joblibArray, skipElements } from './joblib-array.js';
import { returnsArgument } from './known-imports.js';
import {
  type CallValue,
  callOf,
  type DictValue,
  type Import,
  isImport,
  isReconstructor,
  NONE,
  OTHER,
  setEntries,
  type Value,
} from './values.js';

/** What a machine reports while it reads a pickle. */
export interface PickleListener {
  onImport(imported: Import): void;
  onCall(call: CallValue): void | Promise<void>;
  /** Called with what only hostile pickles do, as a sentence about the file without its subject. */
  onHostile(fault: string): void;
}

export interface PickleOptions {
  /** Whether joblib loads the pickle, so that the elements of arrays follow their placeholders. */
  readonly hasArrays?: boolean;
  /** Whether PyTorch loads the pickle, whose persistent ids name the storages of tensors. */
  readonly hasStorages?: boolean;
}

/** Maximum length of a string whose text is kept. Names of imports are shorter. */
const MAX_TEXT_BYTES = 64 * 1024;

/** Maximum length of bytes that are kept because they may be a file of PyTorch. */
const MAX_KEPT_BYTES = 2 ** 31;

const MAX_PROTOCOL = 5;

/**
 * Maximum numbers of values in one group, of groups in each other, and of stored values. Picklers write lists and
 * dictionaries in parts, and their own recursion is limited. A file that expands beyond is reported before it takes all
 * memory.
 */
const MAX_GROUP = 2 ** 22;
const MAX_GROUPS = 2 ** 16;
const MAX_STORED = 2 ** 23;

/**
 * Reads one pickle of protocol 0 to 5 as Python does, opcode by opcode, without importing or calling anything.
 *
 * @returns the value that it is
 * @throws UnreadablePickle
 */
export async function readPickle(
  stream: ByteStream,
  listener: PickleListener,
  options: PickleOptions = {},
): Promise<Value> {
  return new Machine(stream, listener, options).run();
}

/** Stack machine of https://github.com/python/cpython/blob/v3.14.0/Lib/pickletools.py */
class Machine {
  private stack: Value[] = [];
  private readonly marks: Value[][] = [];
  private readonly memo = new Map<number, Value>();
  /** Number of unexplained uses, by the name of what must only be called. */
  private readonly uses = new Map<string, number>();
  private frameEnd = 0;

  constructor(
    private readonly stream: ByteStream,
    private readonly listener: PickleListener,
    private readonly options: PickleOptions,
  ) {}

  async run(): Promise<Value> {
    const { stream } = this;
    for (;;) {
      if (!stream.has()) await stream.fill();
      const opcode = stream.number(1);
      if (opcode === 0x2e /* STOP */) return this.end();
      const waiting = this.step(opcode);
      if (waiting) await waiting;
    }
  }

  /** Executes an opcode. Returns a promise only if it has to wait for bytes. */
  private step(opcode: number): Promise<void> | undefined {
    const { stream } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (stream.number(1) > MAX_PROTOCOL) throw new UnreadablePickle('has a protocol above 5');
        return undefined;
      case 0x95: // FRAME
        this.frameEnd = stream.long() + stream.position;
        return undefined;
      case 0x28: // MARK
        if (this.marks.length === MAX_GROUPS) throw tooMany('groups');
        this.marks.push(this.stack);
        this.stack = [];
        return undefined;
      case 0x30: // POP
        if (this.stack.pop() === undefined) this.popMark();
        return undefined;
      case 0x31: // POP_MARK
        this.popMark();
        return undefined;
      case 0x32: // DUP
        return this.push(this.top());

      case 0x4e: // NONE
        return this.push(NONE);
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
      case 0x5d: // EMPTY_LIST
      case 0x8f: // EMPTY_SET
        return this.push(OTHER);
      case 0x47: // BINFLOAT
        stream.long();
        return this.push(OTHER);
      case 0x4b: // BININT1
        return this.push({ kind: 'number', number: stream.number(1) });
      case 0x4d: // BININT2
        return this.push({ kind: 'number', number: stream.number(2) });
      case 0x4a: // BININT
        return this.push({ kind: 'number', number: stream.signed() });
      case 0x8a: // LONG1
        return this.integer(stream.number(1));
      case 0x8b: // LONG4
        return this.integer(stream.number(4));
      case 0x46: // FLOAT
        return this.line(() => this.push(OTHER));
      case 0x49: // INT
      case 0x4c: // LONG
        return this.line((line) => this.push(integerValue(integerOf(line.replace(/L$/, '')))));

      case 0x53: // STRING
        return this.line((line) => this.push(plainText(line.slice(1, -1))));
      case 0x56: // UNICODE
        return this.line((line) => this.push(plainText(line)));
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        return this.text(stream.number(1));
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        return this.text(stream.number(4));
      case 0x8d: // BINUNICODE8
        return this.text(stream.long());
      case 0x43: // SHORT_BINBYTES
        return this.bytes(stream.number(1));
      case 0x42: // BINBYTES
        return this.bytes(stream.number(4));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.bytes(stream.long());

      case 0x29: // EMPTY_TUPLE
        return this.push({ kind: 'tuple', items: [] });
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.push({ kind: 'tuple', items: this.popSeveral(opcode - 0x84) });
      case 0x74: // TUPLE
        return this.push({ kind: 'tuple', items: this.popMark() });
      case 0x6c: // LIST
      case 0x91: // FROZENSET
        this.popMark();
        return this.push(OTHER);
      case 0x7d: // EMPTY_DICT
        return this.push({ kind: 'dict', entries: new Map(), isPartial: false });
      case 0x64: // DICT
        return this.dict(this.popMark());
      case 0x61: // APPEND
        this.pop();
        return this.extend(this.top());
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.popMark();
        return this.extend(this.top());
      case 0x73: // SETITEM
        return this.set(this.popSeveral(2));
      case 0x75: // SETITEMS
        return this.set(this.popMark());

      case 0x71: // BINPUT
        return this.put(stream.number(1));
      case 0x72: // LONG_BINPUT
        return this.put(stream.number(4));
      case 0x70: // PUT
        return this.line((line) => this.put(placeOf(line)));
      case 0x94: // MEMOIZE
        return this.put(this.memo.size);
      case 0x68: // BINGET
        return this.get(stream.number(1));
      case 0x6a: // LONG_BINGET
        return this.get(stream.number(4));
      case 0x67: // GET
        return this.line((line) => this.get(placeOf(line)));

      case 0x63: // GLOBAL
        return this.line((module) => this.line((name) => this.push(this.imported(module, name))));
      case 0x93: // STACK_GLOBAL
        return this.push(this.importedByStack(this.popSeveral(2)));
      case 0x69: // INST
        return this.line((module) =>
          this.line((name) => {
            this.push(this.imported(module, name));
            return this.object([this.pop(), ...this.popMark()]);
          }),
        );
      case 0x6f: // OBJ
        return this.object(this.popMark());
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        return this.reduce(this.popSeveral(2));
      case 0x92: // NEWOBJ_EX
        return this.reduce(this.popSeveral(3));
      case 0x62: // BUILD
        return this.build(this.pop());

      case 0x50: // PERSID
        return this.line(() => this.persistent(OTHER));
      case 0x51: // BINPERSID
        return this.persistent(this.pop());
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        stream.number(2 ** (opcode - 0x82));
        this.listener.onHostile('uses an extension code, which hides the import that it stands for');
        return this.push(OTHER);
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new UnreadablePickle('has buffers outside the file');
      default:
        throw new UnreadablePickle(
          `has the byte 0x${opcode.toString(16).padStart(2, '0')} at ${stream.position - 1}, which is no opcode`,
        );
    }
  }

  /** Returns the value of the pickle, which has ended. */
  private end(): Value {
    for (const [name, uses] of this.uses) {
      if (uses !== 0) this.listener.onHostile(`uses ${name} as a value`);
    }
    return this.pop();
  }

  private push(value: Value): undefined {
    if (this.stack.length === MAX_GROUP) throw tooMany('values');
    this.stack.push(value);
    this.countUse(value, 1);
  }

  /**
   * Counts up when a value that loads other bytes is put on the stack, and down when it is used as picklers use it: called,
   * or replaced by its array. It must be used in no other way, because known functions may return or call their arguments.
   */
  private countUse(value: Value, count: 1 | -1): void {
    const name = loaderOf(value);
    if (name !== undefined) this.uses.set(name, (this.uses.get(name) ?? 0) + count);
  }

  private pop(): Value {
    const value = this.stack.pop();
    if (value === undefined) throw emptyStack();
    return value;
  }

  private top(): Value {
    const value = this.stack.at(-1);
    if (value === undefined) throw emptyStack();
    return value;
  }

  private popSeveral(count: number): Value[] {
    if (this.stack.length < count) throw emptyStack();
    return this.stack.splice(-count);
  }

  private popMark(): Value[] {
    const items = this.stack;
    const former = this.marks.pop();
    if (former === undefined) throw new UnreadablePickle('takes values of a group that it did not start');
    this.stack = former;
    return items;
  }

  private put(index: number): undefined {
    if (this.memo.size === MAX_STORED) throw tooMany('stored values');
    this.memo.set(index, this.top());
  }

  private get(index: number): undefined {
    const value = this.memo.get(index);
    if (value === undefined) throw new UnreadablePickle(`uses the value ${index}, which it did not store`);
    return this.push(value);
  }

  private async line(use: (line: string) => Promise<void> | undefined): Promise<void> {
    await use((await this.stream.line()).toString());
  }

  private async integer(bytes: number): Promise<void> {
    if (bytes <= 6) {
      // Little-endian two's complement of any length.
      const number = bytes === 0 ? 0 : (await this.stream.take(bytes)).readIntLE(0, bytes);
      return this.push({ kind: 'number', number });
    }
    await this.stream.skip(bytes);
    return this.push(OTHER);
  }

  private text(bytes: number): Promise<void> | undefined {
    const { stream } = this;
    const push = (content: Buffer) => this.push({ kind: 'text', text: content.toString() });
    // Models may have millions of strings, for which a promise each takes most of the time.
    if (stream.has(bytes) && bytes <= MAX_TEXT_BYTES) return push(stream.ready(bytes));
    if (bytes <= MAX_TEXT_BYTES) return stream.take(bytes).then(push);
    return stream.skip(bytes).then(() => this.push(OTHER));
  }

  private async bytes(count: number): Promise<void> {
    const { stream } = this;
    // A view, which later reads of the stream do not change.
    const head = await stream.take(Math.min(count, 16));
    if (!isTorchFile(head) || count > MAX_KEPT_BYTES) {
      await stream.skip(count - head.length);
      return this.push({ kind: 'bytes' });
    }
    const rest = await stream.take(count - head.length);
    return this.push({ kind: 'bytes', content: Buffer.concat([head, rest]) });
  }

  private dict(pairs: readonly Value[]): undefined {
    const dict: DictValue = { kind: 'dict', entries: new Map(), isPartial: false };
    setEntries(dict, pairs);
    return this.push(dict);
  }

  private set(pairs: readonly Value[]): undefined {
    const target = this.top();
    if (target.kind === 'dict') setEntries(target, pairs);
    return this.extend(target);
  }

  /** Checks what is changed: only values that the pickle made. */
  private extend(target: Value): undefined {
    if (target.kind === 'import') this.listener.onHostile(`changes ${nameOf(target.import)}, which it imports`);
  }

  private imported(module: string, name: string): Value {
    const imported: Import = { module, name };
    this.listener.onImport(imported);
    return { kind: 'import', import: imported };
  }

  private importedByStack([module, name]: readonly Value[]): Value {
    if (module?.kind === 'text' && name?.kind === 'text') return this.imported(module.text, name.text);
    this.listener.onHostile('computes the name of an import');
    return OTHER;
  }

  private object([callee, ...args]: readonly Value[]): Promise<void> | undefined {
    if (!callee) throw emptyStack();
    return this.call(callee, args);
  }

  private reduce([callee, args, named]: readonly Value[]): Promise<void> | undefined {
    if (args!.kind === 'tuple') return this.call(callee!, named ? [...args!.items, named] : args!.items);
    this.listener.onHostile('calls with arguments that it computes');
    return this.call(callee!, [OTHER]);
  }

  private call(callee: Value, items: readonly Value[]): Promise<void> | undefined {
    const call = callOf(callee, { kind: 'tuple', items });
    this.countUse(callee, -1);
    if (isReconstructor(callee) && items[0] && isJoblibClass(items[0])) this.countUse(items[0], -1);
    this.push(call);
    return this.listener.onCall(call) ?? undefined;
  }

  private build(state: Value): Promise<void> | undefined {
    const target = this.top();
    this.extend(target);
    if (target.kind !== 'call') return undefined;
    if (returnsArgument(target)) this.listener.onHostile(`changes what ${nameOf(target.origin!)} returns`);
    const isArray = this.options.hasArrays && isJoblibArray(target);
    // Python merges the states of an instance, which joblib sets once.
    if (isArray && target.state) throw new UnreadablePickle('sets the state of an array of joblib twice');
    target.state = state;
    return isArray ? this.array(target) : undefined;
  }

  private async array(placeholder: CallValue): Promise<void> {
    const { stream } = this;
    this.countUse(placeholder, -1);
    // Python would read the elements from behind the frame, and go on with the rest of the frame.
    if (stream.position < this.frameEnd) throw new UnreadablePickle('has an array of joblib in the middle of a frame');
    const array = joblibArray(placeholder);
    if (array.bytes === undefined) await readPickle(stream, this.listener);
    else await skipElements(stream, array);
    this.pop();
    this.push(OTHER);
  }

  private persistent(id: Value): undefined {
    const [kind, content] = id.kind === 'tuple' ? id.items : [];
    const name = kind?.kind === 'text' ? kind.text : undefined;
    const isKnown = name === 'storage' || name === 'module';
    if (!this.options.hasStorages || !isKnown) {
      this.listener.onHostile('has a persistent id that is not a storage of PyTorch');
    }
    // Before version 1.6, PyTorch wrote classes with their source, which it only compares.
    return this.push((name === 'module' && content) || OTHER);
  }
}

/** Returns a string of a text opcode, which may have escape sequences that other readers resolve differently. */
function plainText(text: string): Value {
  return text.includes('\\') ? OTHER : { kind: 'text', text };
}

/** Name of what makes Python read other bytes than those of the pickle, if the value does. */
function loaderOf(value: Value): string | undefined {
  if (isImport(value, 'torch.storage', '_load_from_bytes')) return 'torch.storage._load_from_bytes';
  return isJoblibClass(value) || isJoblibArray(value) ? 'joblib.numpy_pickle.NumpyArrayWrapper' : undefined;
}

/** Integer as picklers write it. Python also parses underscores, prefixes and zeros, and its own readers differ in that. */
const INTEGER = /^(-?(0|[1-9]\d*)|0[01])$/;

function integerOf(line: string): number {
  if (!INTEGER.test(line)) {
    throw new UnreadablePickle(`has ${JSON.stringify(line.slice(0, 40))}, a number that Python does not write`);
  }
  return Number(line);
}

function integerValue(number: number): Value {
  return Number.isSafeInteger(number) ? { kind: 'number', number } : OTHER;
}

/** Returns the place of a stored value. */
function placeOf(line: string): number {
  const place = integerOf(line);
  if (place < 0 || !Number.isSafeInteger(place)) {
    throw new UnreadablePickle(`stores a value at ${line.slice(0, 40)}, a number that Python does not write`);
  }
  return place;
}

export function nameOf({ module, name }: Import): string {
  return `${module}.${name}`;
}

function tooMany(what: string): UnreadablePickle {
  return new UnreadablePickle(`has more ${what} at once than picklers write`);
}

function emptyStack(): UnreadablePickle {
  return new UnreadablePickle('takes more values than it made');
}
