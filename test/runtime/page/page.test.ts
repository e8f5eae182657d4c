import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page as render } from '../../../runtime/src/page/page.js';
import { requireTool } from '../../support/tools.js';
import { serve, stopAll } from '../faults/servers.js';
import { catalog, model } from '../protocols/support.js';

/** Nothing of the browser's own leaves this machine. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let base: string;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: requireTool('chromium'), args: ARGUMENTS });
  base = await serve();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await stopAll();
});

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(base);
  return async () => {
    await page.close();
    expect(complaints).toEqual([]);
  };
}, 60_000);

const status = () => page.locator('#status');
const field = (index: number) => page.locator('#inputs input').nth(index);
const says = (text: RegExp) => page.locator('#status', { hasText: text }).waitFor();
const answered = () => says(/^Answered in [\d.]+ ms/);

describe('the page of a model', { timeout: 60_000 }, () => {
  it('has a field for each number, and shows the labels of the answer with its latency', async () => {
    expect(await page.locator('#inputs input').count()).toBe(4);
    for (const [index, value] of ['5.1', '3.5', '1.4', '0.2'].entries()) await field(index).fill(value);
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    const rows = await page.locator('table', { hasText: 'probabilities' }).locator('tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(
      expect.arrayContaining(['setosa', 'versicolor', 'virginica']),
    );
    expect(rows[0]).toMatch(/^setosa\s+0\.9/);
    expect(await page.locator('#curl').innerText()).toContain(`${base}/v2/models/iris/versions/1/infer`);
  });

  it('says which field is no number, and keeps no old answer beside it', async () => {
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
    await field(1).fill('tall');
    await page.getByRole('button', { name: 'Predict' }).click();
    expect(await status().innerText()).toBe('features 2: got "tall", a number is needed');
    expect(await page.locator('#outputs table').count()).toBe(0);
  });

  it('shows the refusal of the server, and can be used again', async () => {
    await field(0).fill('1e999');
    await page.getByRole('button', { name: 'Predict' }).click();
    await says(/^400: /);
    await field(0).fill('5');
    await page.getByRole('button', { name: 'Predict' }).click();
    await answered();
  });

  it('may run no script but its own, and fits a phone', async () => {
    const { headers } = await fetch(base, { headers: { accept: 'text/html' } });
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'sha256-[^ ]+'; /);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});

describe('a package that writes markup', () => {
  it('is shown as text', () => {
    const markup = '</script><img src=x onerror=alert(1)>';
    const outputs = [{ name: markup, datatype: 'FP32', shape: [1] }] as const;
    const { body } = render(catalog([model({ outputs, compute: () => [] })]));
    expect(String(body)).not.toContain('<img');
  });
});
