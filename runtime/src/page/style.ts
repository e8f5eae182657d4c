/** Number of colors of entities and of regions in pictures. */
export const COLORS = 8;

/** The page's style: readable at any width, in light and dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); --accent: #2563eb; --link: light-dark(#1d4ed8, #93b4ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: baseline; justify-content: space-between; margin-bottom: 1rem; }
h1 { margin: 0; font-size: 1.4rem; }
h2 { margin: 0 0 .75rem; font-size: 1rem; }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
section { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
section:last-child { grid-column: 1 / -1; }
fieldset { border: 0; padding: 0; margin: 0 0 1rem; min-width: 0; }
legend { font-weight: 600; padding: 0; }
legend small { font-weight: 400; opacity: .7; }
.cells { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); }
input, textarea, select, button { font: inherit; padding: .4rem .5rem; border: 1px solid var(--line); border-radius: .35rem; }
.cells label, .texts label { display: grid; align-content: end; gap: .15rem; font-size: .85rem; overflow-wrap: anywhere; }
.cells input, .cells select { width: 100%; }
.cells input, .cells select, .texts select { font-size: 1rem; }
.texts { display: grid; gap: .5rem; }
textarea.text { font-size: 1rem; field-sizing: content; min-height: 0; max-height: 16rem; }
.row + .row { border-top: 1px solid var(--line); padding-top: 1rem; }
.head { display: flex; justify-content: space-between; align-items: center; margin-bottom: .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; }
a { color: var(--link); }
textarea { width: 100%; resize: vertical; }
textarea.json { min-height: 7rem; font-family: ui-monospace, monospace; font-size: .85rem; }
button { padding: .4rem 1rem; background: var(--accent); color: #fff; border-color: var(--accent); cursor: pointer; }
button.plain { background: none; color: inherit; border-color: var(--line); }
button:disabled { opacity: .5; cursor: progress; }
.drop { display: grid; place-items: center; min-height: 9rem; padding: .5rem; border: 2px dashed var(--line); border-radius: .5rem; text-align: center; cursor: pointer; }
.drop.over, .drop:focus-within { border-color: var(--accent); }
.drop img { max-width: 100%; max-height: 12rem; }
.drop input { width: 100%; border: 0; }
#status.bad { color: #dc2626; white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: .25rem 0 1rem; }
td { padding: .15rem .25rem; overflow-wrap: anywhere; }
td:first-child { overflow-wrap: normal; }
td.value { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.share { width: 40%; }
meter { width: 100%; vertical-align: middle; }
th { padding: .15rem .25rem; text-align: right; font-weight: 400; opacity: .7; }
th:first-child { text-align: left; }
.similarity .value { background: color-mix(in srgb, var(--accent) calc(var(--share) / 2), transparent); }
.entities { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 2; }
mark { padding: .1rem .3rem; border-radius: .25rem; color: inherit; background: color-mix(in srgb, hsl(var(--hue) 80% 50%) 35%, transparent); }
mark small { margin-left: .3rem; opacity: .8; }
${Array.from({ length: COLORS }, (_, color) => `.color${color} { --hue: ${(color * 360) / COLORS}; }`).join('\n')}
.regions { position: relative; margin-bottom: 1rem; overflow: hidden; }
.regions img { display: block; width: 100%; }
.regions svg, .mask { position: absolute; inset: 0; width: 100%; height: 100%; }
.regions path { fill: hsl(var(--hue) 80% 50% / .2); fill-rule: evenodd; stroke: hsl(var(--hue) 80% 45%); stroke-width: 2px; vector-effect: non-scaling-stroke; }
.regions small { position: absolute; padding: 0 .25rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .75rem; color: #fff; background: hsl(var(--hue) 80% 25%); }
.mask { background: hsl(var(--hue) 80% 50% / .5); mask-size: 100% 100%; mask-mode: luminance; }
.scroll { overflow-x: auto; }
caption small { font-weight: 400; opacity: .7; }
caption { text-align: left; font-weight: 600; }
pre { overflow: auto; max-height: 14rem; margin: 0 0 .5rem; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
