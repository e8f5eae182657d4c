import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { requireTool } from '../../support/tools.js';
import { IRIS, modelship } from './support.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'html-'));
const ROWS = join(FOLDER, 'rows.csv');
const FLOWERS = ['5.1,3.5,1.4,0.2,setosa,north', '5.7,2.8,4.1,1.3,versicolor,south', '6.3,3.3,6.0,2.5,virginica,south'];
writeFileSync(ROWS, ['a,b,c,d,species,garden', ...FLOWERS, ...FLOWERS, ''].join('\n'));
const EVALUATE = ['evaluate', IRIS, '--rows', ROWS, '--label', 'species', '--by', 'garden'];

test('writes a report that fits a desktop and a phone, even if a limit is missed', async () => {
  const html = join(FOLDER, 'report.html');
  const run = await modelship(
    ...EVALUATE,
    '--min',
    'accuracy=0.5',
    '--max',
    'log_loss=0',
    '--against',
    IRIS,
    '--html',
    html,
  );
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('log_loss is') });
  const browser = await chromium.launch({
    executablePath: requireTool('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    for (const width of [1100, 390]) {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(html).href);
      expect(requests).toHaveLength(1);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      expect(await page.locator('svg').count()).toBe(4);
      expect(await page.locator('h2').allTextContents()).toEqual([
        'Limits',
        'Comparison',
        'Metrics',
        'Slices',
        'Predictions',
      ]);
      expect(await page.locator('.good, .bad').allTextContents()).toEqual(['met', 'missed']);
      await page.close();
    }
  } finally {
    await browser.close();
  }
}, 60_000);

test('JSON has the verdict of each limit', async () => {
  const { stdout } = await modelship(...EVALUATE, '--min', 'accuracy=0.5', '--max', 'log_loss=0', '--json');
  expect(JSON.parse(stdout).limits).toMatchObject([
    { metric: 'accuracy', bound: 'min', limit: 0.5, value: 1, isMet: true },
    { metric: 'log_loss', bound: 'max', limit: 0, isMet: false },
  ]);
});

test.each([
  [FOLDER, /is a folder/],
  [join(FOLDER, 'missing', 'report.html'), /does not exist/],
])('a report that cannot be written is an error before the evaluation: %s', async (path, message) => {
  const { code, stderr, stdout } = await modelship(...EVALUATE, '--html', path);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
});

test('--html without a data set is an error', async () => {
  const html = join(FOLDER, 'other.html');
  expect(await modelship('evaluate', IRIS, '--html', html)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--html needs a data set'),
  });
  expect(existsSync(html)).toBe(false);
});
