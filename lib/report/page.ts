/**
 * Colors that people with color blindness can tell apart, on white and on black:
 * https://jfly.uni-koeln.de/color/
 */
const COLORS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff8c42'],
  ['#009e73', '#2fd0a5'],
  ['#b0568e', '#e29fc6'],
  ['#8c6d00', '#e6c200'],
  ['#444444', '#cccccc'],
  ['#b2182b', '#ff7d85'],
  ['#5e3c99', '#b79cf0'],
] as const;

/** Number of colors of a report. */
export const COLOR_COUNT = COLORS.length;

/** Returns the color of a part of a report, in CSS. Colors repeat. */
export function color(index: number): string {
  return `var(--color-${index % COLOR_COUNT})`;
}

/** Escapes text for HTML. */
export function html(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Returns a page that needs no other file. */
export function htmlPage(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(title)}</h1>
${parts.join('\n')}
</body>
</html>
`;
}

/** Returns a section of a page. */
export function section(title: string, ...parts: readonly string[]): string {
  return `<section><h2>${html(title)}</h2>\n${parts.join('\n')}</section>`;
}

/** Returns a paragraph. */
export function paragraph(text: string): string {
  return `<p>${html(text)}</p>`;
}

/**
 * Returns a table.
 *
 * @param texts columns with text, by their index. The others have numbers
 */
export function htmlTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [0],
): string {
  const cells = (row: readonly string[], name: 'th' | 'td') =>
    row.map((text, column) => `<${name}${classOf(text, texts.includes(column))}>${html(text)}</${name}>`).join('');
  return `<div class="wide"><table>
<thead><tr>${cells(headings, 'th')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}
</tbody></table></div>`;
}

/** Characters of a cell that is not broken into lines. */
const LINE = 32;

function classOf(text: string, isText: boolean): string {
  if (!isText) return ' class="number"';
  return text.length > LINE ? ' class="long"' : '';
}

const variables = (scheme: 0 | 1) => COLORS.map((pair, index) => `--color-${index}: ${pair[scheme]};`).join(' ');

const STYLE = `
:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.charts + .wide { margin-top: 1.5rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid #8885; white-space: nowrap; }
.long { white-space: normal; min-width: 12rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; min-width: 0; } figcaption { font-size: .85rem; }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 12px; fill: currentColor; }
.wide svg { min-width: 34rem; }
.grid { stroke: #8884; } .mark { stroke: currentColor; stroke-dasharray: 2 4; }
.matrix td { text-align: right; padding: .3rem .6rem; border: 1px solid #8885; }
.matrix th { padding: .3rem .6rem; font-weight: normal; }
.legend { margin: .25rem 0 0; font-size: .85rem; }
.legend span { display: inline-block; margin-right: 1rem; overflow-wrap: anywhere; }
.legend i { display: inline-block; width: 1.5rem; border-top: 3px solid; margin: 0 .3rem .25rem 0; }
.legend .dashed { border-top-style: dashed; } .legend .dotted { border-top-style: dotted; }
.good { color: var(--color-2); } .bad { color: var(--color-6); font-weight: bold; }
details { margin: .4rem 0; } summary { cursor: pointer; }
li { overflow-wrap: anywhere; }
`;
