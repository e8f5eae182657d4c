import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Redaction } from '../manifest/redaction.js';
import type { LogLevel } from '../observability/log.js';
import type { CaptureResult } from '../observability/model-metrics.js';
import { writeObject } from '../store/upload.js';
import { shortFloatOf } from '../tensor/float16.js';
import { elementCount, type Tensor } from '../tensor/tensor.js';

/** Maximum number of values of a captured request and its response. Encoding more would delay other requests. */
const MOST_VALUES = 10_000;

/** Bytes of lines after which an object is written, and that wait at most. */
const OBJECT_BYTES = 1024 * 1024;
const MOST_BYTES = 8 * OBJECT_BYTES;

/** Milliseconds after which fewer lines are written. */
const WAIT_MS = 60_000;

/** Milliseconds that a server which ends waits for the store. Hosts kill a process some seconds after they stop it. */
const CLOSE_MS = 5000;

const compress = promisify(gzip);

/** Capture of requests and responses. */
export interface CaptureOptions {
  /** URL of a folder in S3, Cloud Storage or Azure Blob Storage, with a slash at the end. */
  readonly url: string;
  /** Share of requests, in percent. */
  readonly percent: number;
  /** Names of inputs, outputs and columns that are not captured. */
  readonly redact: readonly string[];
}

/** Version whose requests are captured. */
export interface CapturedVersion {
  readonly name: string;
  readonly version: string;
  readonly redaction: Redaction;
  readonly count: (result: CaptureResult, requests: number) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

/**
 * Captures a sample of the requests of a version in a store, as compressed JSON Lines. Requests never wait for it: what the store does
 * not take in time is dropped and counted.
 */
export class Capture {
  private lines: string[] = [];
  /** Bytes of lines that wait or are being written. */
  private pending = 0;
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: CaptureOptions,
    private readonly version: CapturedVersion,
    private readonly write: typeof writeObject = writeObject,
  ) {}

  /** Decides whether the next request is captured. */
  drawn(): boolean {
    return Math.random() * 100 < this.options.percent;
  }

  /** Captures a request and its response. */
  add(inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
    const values = [...inputs, ...outputs].reduce((sum, { data }) => sum + data.length, 0);
    const line = values <= MOST_VALUES && this.pending < MOST_BYTES ? this.encoded(inputs, outputs) : undefined;
    if (line === undefined || this.pending + line.length > MOST_BYTES) {
      this.version.count('dropped', 1);
      return;
    }
    this.lines.push(line);
    this.pending += line.length;
    if (this.pending >= OBJECT_BYTES) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), WAIT_MS).unref();
  }

  /** Writes what is captured so far, for some seconds at most. */
  async close(): Promise<void> {
    this.flush();
    const deadline = new AbortController();
    const late = sleep(CLOSE_MS, undefined, { signal: deadline.signal }).catch(() => {});
    await Promise.race([this.written(), late]);
    deadline.abort();
  }

  private async written(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.writing || this.lines.length === 0) return;
    this.writing = this.writeLines(this.lines.splice(0)).finally(() => {
      this.writing = undefined;
      this.flush();
    });
  }

  private async writeLines(lines: readonly string[]): Promise<void> {
    const { name, version, count, log } = this.version;
    const now = new Date().toISOString();
    const folder = `${encodeURIComponent(name)}/${encodeURIComponent(version)}/${now.slice(0, 10).replaceAll('-', '/')}`;
    const url = new URL(
      `${folder}/${now.slice(11, 19).replaceAll(':', '')}-${randomUUID()}.jsonl.gz`,
      this.options.url,
    );
    // A SAS signature is a query.
    url.search = new URL(this.options.url).search;
    try {
      const body = await compress(lines.join(''));
      await this.write(url.href, body, 'application/gzip');
      count('written', lines.length);
    } catch (error) {
      count('failed', lines.length);
      log('warn', `${lines.length} captured requests are lost: ${(error as Error).message}`);
    } finally {
      this.pending -= lines.reduce((sum, line) => sum + line.length, 0);
    }
  }

  private encoded(inputs: readonly Tensor[], outputs: readonly Tensor[]): string {
    const { name, version } = this.version;
    const tensors = (all: readonly Tensor[]) => all.map((tensor) => this.tensor(tensor));
    const time = new Date().toISOString();
    const line = { time, model: name, version, inputs: tensors(inputs), outputs: tensors(outputs) };
    return `${JSON.stringify(line)}\n`;
  }

  private tensor({ name, datatype, shape, data }: Tensor) {
    const width = Math.max(1, elementCount(shape.slice(1)));
    const short = shortFloatOf(datatype);
    const values = Array.from(data as ArrayLike<number | bigint | Buffer>, (value, index) => {
      if (this.version.redaction.covers(name, index % width)) return null;
      return typeof value === 'object' ? text(value) : number(short ? short.toNumber(value as number) : value);
    });
    return { name, datatype, shape, data: values };
  }
}

function number(value: number | bigint): number | string {
  return typeof value === 'number' || Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function text(bytes: Buffer): string | { readonly b64: string } {
  return isUtf8(bytes) ? bytes.toString() : { b64: bytes.toString('base64') };
}
