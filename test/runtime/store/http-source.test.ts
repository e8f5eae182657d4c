import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { download, downloadText } from '../../../runtime/src/store/download.js';
import { httpSource } from '../../../runtime/src/store/http-source.js';

/** Three parts, and not one byte like its neighbour's. */
const OBJECT = Buffer.alloc(17 * 1024 * 1024, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function store(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((listening) => server!.once('listening', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model?signature=secret`;
}

async function fetched(url: string): Promise<Buffer> {
  const path = join(mkdtempSync(join(tmpdir(), 'modelship-store-')), 'folder', 'model');
  await download(url, path, OBJECT.length);
  return readFileSync(path);
}

const range = (header: string | undefined) =>
  /^bytes=(\d+)-(\d+)$/
    .exec(header ?? '')!
    .slice(1)
    .map(Number) as [number, number];
const sendRange: RequestListener = ({ headers }, response) => {
  const [start, last] = range(headers.range);
  response.writeHead(206).end(OBJECT.subarray(start, last + 1));
};

describe('an object behind HTTP', () => {
  it('is read in parts that fit together', async () => {
    const ranges: string[] = [];
    const url = await store((request, response) => {
      ranges.push(request.headers.range!);
      sendRange(request, response);
    });
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
    expect(ranges.sort()).toEqual(['bytes=0-8388607', 'bytes=16777216-17825791', 'bytes=8388608-16777215']);
  });

  it('is read from a server that knows no ranges', async () => {
    const url = await store((_, response) => response.end(OBJECT));
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
  });

  it.each([
    ['answers 503', (response: Parameters<RequestListener>[1]) => response.writeHead(503).end()],
    ['throttles', (response: Parameters<RequestListener>[1]) => response.writeHead(429).end()],
    ['hangs up', (response: Parameters<RequestListener>[1]) => response.destroy()],
  ])('is read again where the store %s', async (_, fail) => {
    const failed = new Set<string>();
    const url = await store((request, response) => {
      const part = request.headers.range!;
      if (failed.has(part)) sendRange(request, response);
      else {
        failed.add(part);
        fail(response);
      }
    });
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
    expect(failed.size).toBe(3);
  });

  it('is read on from where a part broke off', async () => {
    const starts = new Map<number, number[]>();
    const url = await store(({ headers }, response) => {
      const [start, last] = range(headers.range);
      const asked = starts.get(last) ?? [];
      starts.set(last, [...asked, start]);
      const end = asked.length < 2 ? Math.min(last, start + 400_000) : last;
      response.writeHead(206, { 'content-length': last + 1 - start });
      response.write(OBJECT.subarray(start, end + 1), () => (end < last ? response.destroy() : response.end()));
    });
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
    for (const asked of starts.values()) {
      expect(asked).toHaveLength(3);
      expect(new Set(asked).size).toBe(3);
    }
  });

  it('is read on past what is there already, from a server that knows no ranges', async () => {
    let asked = 0;
    const url = await store((_, response) => {
      if (++asked > 3) return response.end(OBJECT);
      response.writeHead(200, { 'content-length': OBJECT.length });
      response.write(OBJECT.subarray(0, 10_000_000), () => response.destroy());
    });
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
  });

  it('is given up by an answer that stalls, and not by one that is only long', async () => {
    let asked = 0;
    const url = await store((_, response) => {
      response.writeHead(206);
      response.write('a');
      if (++asked === 1) return;
      let left = 5;
      const timer = setInterval(() => {
        response.write('b');
        if (--left > 0) return;
        clearInterval(timer);
        response.end();
      }, 300);
    });
    const read = async () => {
      const { chunks } = await httpSource(url, undefined, 1000).read(0, 9);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      return Buffer.concat(parts).toString();
    };
    await expect(read()).rejects.toThrow('the store sent no data for 1 s');
    expect(await read()).toBe('abbbbb');
  });

  it('is not taken for whole where a store sends less than it was asked for', async () => {
    const url = await store(({ headers }, response) => {
      const [start] = range(headers.range);
      response.writeHead(206).end(OBJECT.subarray(start, start + 10));
    });
    await expect(fetched(url)).rejects.toThrow(/cannot be fetched: the transfer ended \d+ bytes early$/);
  });

  it('is cut where a store sends more than the package says', async () => {
    const url = await store((_, response) => response.end(Buffer.concat([OBJECT, OBJECT])));
    expect(sha256(await fetched(url))).toBe(sha256(OBJECT));
  });

  it('fails plainly when the disk is full, and does not try again', async () => {
    let asked = 0;
    const url = await store((request, response) => {
      asked++;
      sendRange(request, response);
    });
    await expect(download(url, '/dev/full', 1000)).rejects.toThrow(
      /no space is left on the disk; give the host a larger/,
    );
    expect(asked).toBe(1);
  });

  it('is no manifest if it is larger than any', async () => {
    const url = await store((_, response) => response.end(OBJECT));
    await expect(downloadText(url)).rejects.toThrow('it is larger than 4194304 bytes');
    expect(await downloadText(url, OBJECT.length)).toBe(OBJECT.toString());
  });

  it.each([401, 403, 404])('is not asked for again after %i, and its signature is not told', async (status) => {
    let asked = 0;
    const url = await store((_, response) => {
      asked++;
      response.writeHead(status).end();
    });
    const error = (await downloadText(url).catch((thrown) => thrown)) as Error;
    expect(error.message).toMatch(new RegExp(`/model cannot be fetched: the store answered ${status}$`));
    expect(error.message).not.toContain('secret');
    expect(asked).toBe(1);
  });

  it('is not followed elsewhere, where the credentials would go along', async () => {
    const paths: string[] = [];
    const url = await store((request, response) => {
      paths.push(request.url!);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(downloadText(url)).rejects.toThrow('the store answered 302');
    expect(paths).toEqual(['/model?signature=secret']);
  });

  it.each([
    'http://169.254.169.254/latest/',
    'http://models.example/iris/',
    'ftp://models.example/',
    'file:///etc/passwd',
  ])('is refused at %s, without a request', async (url) => {
    await expect(downloadText(url)).rejects.toThrow(/allowed/);
  });
});
