import { COLORS } from './style.js';

/**
 * The page's script. Small inputs become fields, image-shaped ones a place to drop a picture, and all others JSON. Requests
 * have the form of the Open Inference Protocol. A picture is sent as its file if the server decodes it, or else as a binary
 * tensor, because it would be megabytes of JSON.
 */
export const PAGE_SCRIPT = String.raw`
'use strict';
const models = JSON.parse(document.getElementById('models').textContent);
const byId = (id) => document.getElementById(id);
const element = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const MOST_FIELDS = 64;
const CHANNELS = [1, 3];

const concrete = (shape) => shape.map((size) => (size === -1 ? 1 : size));
const count = (shape) => concrete(shape).reduce((product, size) => product * size, 1);

function imageLayout(spec) {
  if (spec.shape.length !== 4 || !['FP32', 'UINT8'].includes(spec.datatype)) return undefined;
  const [, a, b, c] = spec.shape;
  const size = (value) => (value === -1 ? 224 : value);
  if (CHANNELS.includes(c) && Math.abs(a) !== 1) return { height: size(a), width: size(b), channels: c, last: true };
  if (CHANNELS.includes(a) && Math.abs(c) !== 1) return { height: size(b), width: size(c), channels: a, last: false };
  return undefined;
}

const isFloat = ({ datatype }) => datatype.startsWith('FP') || datatype === 'BF16';
/** Whether an empty field means a missing value. */
const mayBeMissing = (spec) => spec.tabular === true && (spec.datatype === 'BYTES' || isFloat(spec));

function parseNumber(text, name, spec) {
  const { datatype } = spec;
  if (text.trim() === '' && mayBeMissing(spec)) return null;
  if (text.trim() === 'NaN' && isFloat(spec)) return null;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new Error(name + ': expected a number, got ' + JSON.stringify(text));
  if (!Number.isFinite(value)) throw new Error(name + ': ' + text + ' is too large for ' + datatype);
  return value;
}

/** A field for one element, by the datatype of its tensor. */
function field(spec, ariaLabel) {
  if (spec.datatype === 'BOOL') {
    const choice = element('select', { ariaLabel }, ...['false', 'true'].map((text) => element('option', {}, text)));
    return { node: choice, value: () => choice.value === 'true', fill: (value) => { choice.value = String(value); } };
  }
  if (spec.categories) return categoryField(spec, ariaLabel);
  if (spec.datatype === 'BYTES') {
    const text = element('textarea', { rows: 1, ariaLabel, className: 'text', placeholder: mayBeMissing(spec) ? 'missing' : '' });
    text.onkeydown = (event) => {
      if (event.key !== 'Enter' || event.shiftKey) return;
      event.preventDefault();
      byId('form').requestSubmit();
    };
    const value = () => (text.value === '' && mayBeMissing(spec) ? null : text.value);
    return { node: text, value, fill: (value) => { text.value = value ?? ''; } };
  }
  const placeholder = mayBeMissing(spec) ? 'missing' : '';
  const number = element('input', { value: '0', inputMode: 'decimal', placeholder, ariaLabel });
  return {
    node: number,
    value: () => parseNumber(number.value, ariaLabel, spec),
    fill: (value) => { number.value = value === null ? (mayBeMissing(spec) ? '' : 'NaN') : String(value); },
  };
}

/** A choice of the categories that the model knows, or of a missing value. */
function categoryField({ categories }, ariaLabel) {
  const choice = element('select', { ariaLabel });
  const add = (value, text) => choice.append(element('option', { value }, text));
  for (const category of categories) add(category, category === '' ? '(empty)' : category);
  const missing = element('option', { value: '' }, 'missing');
  choice.append(missing);
  return {
    node: choice,
    value: () => (missing.selected ? null : choice.value),
    fill: (value) => {
      // A sample may have a category that the model does not know.
      if (value !== null && !Array.from(choice.options).some((option) => option !== missing && option.value === value)) add(value, value);
      if (value === null) missing.selected = true;
      else choice.value = value;
    },
  };
}

function fieldsInput(spec, row) {
  const total = count(spec.shape);
  const fields = Array.from({ length: total }, (_, index) => {
    const label = spec.labels?.[index] ?? (total > 1 ? String(index + 1) : '');
    return { label, ...field(spec, [spec.name, label, row > 0 ? 'row ' + (row + 1) : ''].filter(Boolean).join(' ')) };
  });
  return {
    node: element('div', { className: spec.datatype === 'BYTES' ? 'texts' : 'cells' }, ...fields.map(({ label, node }) => element('label', {}, label, node))),
    read: () => ({ name: spec.name, datatype: spec.datatype, shape: concrete(spec.shape), data: fields.map(({ value }) => value()) }),
    fill: (data) => fields.forEach(({ fill }, index) => fill(data[index])),
  };
}

function jsonInput(spec) {
  const text = element('textarea', { value: '[]', spellcheck: false, ariaLabel: spec.name + ' as JSON', className: 'json' });
  const shapeOf = (value) => (Array.isArray(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])] : []);
  const nested = (data, [size, ...inner]) => {
    if (inner.length === 0) return data;
    const step = data.length / size;
    return Array.from({ length: size }, (_, index) => nested(data.slice(index * step, (index + 1) * step), inner));
  };
  return {
    node: text,
    read: () => {
      let data;
      try {
        data = JSON.parse(text.value);
      } catch (error) {
        throw new Error(spec.name + ': not JSON: ' + error.message);
      }
      const shape = shapeOf(data);
      return { name: spec.name, datatype: spec.datatype, shape, data: Array.isArray(data) ? data.flat(Infinity) : [data] };
    },
    fill: (data, shape) => { text.value = JSON.stringify(nested(data, shape)); },
  };
}

const SCALES = {
  '0 to 1': (value) => value / 255,
  '−1 to 1': (value) => value / 127.5 - 1,
  '0 to 255': (value) => value,
  'ImageNet mean and deviation': (value, channel) => (value / 255 - [0.485, 0.456, 0.406][channel]) / [0.229, 0.224, 0.225][channel],
};

/**
 * A place to drop a picture or to choose one.
 *
 * @param take called with each file; returns whether the browser can show it
 */
function picturePlace(spec, take) {
  const preview = element('img', { alt: '', hidden: true });
  const file = element('input', { type: 'file', accept: 'image/*', ariaLabel: spec.name + ' picture' });
  const node = element('div', { className: 'drop' }, preview, element('span', {}, 'Drop a picture here, or choose one'), file);
  const show = async (chosen) => {
    if (!chosen) return;
    preview.hidden = !(await take(chosen));
    if (!preview.hidden) preview.src = URL.createObjectURL(chosen);
    showCommand();
  };
  file.onchange = () => show(file.files[0]);
  node.ondragover = (event) => {
    event.preventDefault();
    node.classList.add('over');
  };
  node.ondragleave = () => node.classList.remove('over');
  node.ondrop = (event) => {
    event.preventDefault();
    node.classList.remove('over');
    show(event.dataTransfer.files[0]);
  };
  return { node, show };
}

/** The bitmap of a file, or undefined if the browser cannot read it. */
const bitmapOf = (file) => createImageBitmap(file).catch(() => undefined);

const missingPicture = (spec) => new Error(spec.name + ': choose a picture first');

/** A picture that the server decodes. */
function pictureInput(spec) {
  let picture;
  const { node, show } = picturePlace(spec, async (file) => {
    picture = file;
    return (await bitmapOf(file)) !== undefined;
  });
  return {
    node,
    read: () => {
      if (!picture) throw missingPicture(spec);
      return { name: spec.name, file: picture };
    },
    fill: ([base64]) => show(new File([bytesOf(base64)], 'picture')),
  };
}

/** A picture that becomes a tensor on this page. */
function imageInput(spec, layout) {
  const scale = element('select', { ariaLabel: 'Scale of the pixels' });
  for (const name of Object.keys(SCALES)) scale.append(element('option', {}, name));
  if (spec.datatype === 'UINT8') scale.value = '0 to 255';
  let picture;
  const { node } = picturePlace(spec, async (file) => {
    picture = await bitmapOf(file);
    if (!picture) say(spec.name + ': this browser cannot read ' + file.name + ' as a picture', true);
    return picture !== undefined;
  });
  return {
    node: element('div', {}, node, element('p', {}, element('label', {}, 'Scale pixels to ', scale))),
    read: () => {
      if (!picture) throw missingPicture(spec);
      const { width, height, channels, last } = layout;
      const context = element('canvas', { width, height }).getContext('2d');
      context.drawImage(picture, 0, 0, width, height);
      const pixels = context.getImageData(0, 0, width, height).data;
      const tensor = new (spec.datatype === 'UINT8' ? Uint8Array : Float32Array)(width * height * channels);
      const convert = SCALES[scale.value];
      for (let pixel = 0; pixel < width * height; pixel++) {
        for (let channel = 0; channel < channels; channel++) {
          const from = pixel * 4;
          const value = channels === 1 ? 0.299 * pixels[from] + 0.587 * pixels[from + 1] + 0.114 * pixels[from + 2] : pixels[from + channel];
          tensor[last ? pixel * channels + channel : channel * width * height + pixel] = convert(value, channel);
        }
      }
      const shape = last ? [1, height, width, channels] : [1, channels, height, width];
      return { name: spec.name, datatype: spec.datatype, shape, binary: new Uint8Array(tensor.buffer) };
    },
  };
}

const hasFields = (spec) => !model.takesPictures && !spec.unknownRank && !imageLayout(spec) && count(spec.shape) <= MOST_FIELDS;

function inputFor(spec, row) {
  if (model.takesPictures) return pictureInput(spec);
  const layout = imageLayout(spec);
  if (layout) return imageInput(spec, layout);
  return hasFields(spec) ? fieldsInput(spec, row) : jsonInput(spec);
}

/** What a tensor holds, in plain words, and its datatype and shape. */
function description(spec) {
  if (model.takesPictures) return ' picture of any size';
  const layout = imageLayout(spec);
  const total = count(spec.shape);
  const kind = spec.categories ? 'category' : spec.datatype === 'BYTES' ? 'text' : spec.datatype === 'BOOL' ? 'true or false' : 'number';
  const words = layout
    ? 'picture of ' + layout.width + ' × ' + layout.height + ' pixels'
    : total === 1 ? kind : total + (kind === 'true or false' ? ' × ' : ' ') + kind + (kind === 'true or false' ? '' : 's');
  if (spec.unknownRank) return ' ' + kind + 's of any shape, ' + spec.datatype;
  return ' ' + words + ', ' + spec.datatype + ' [' + spec.shape.map((size) => (size === -1 ? 'any' : size)).join(', ') + ']';
}

/** One tensor for each input, with the rows one after another. */
function tensorsOf(rows) {
  return model.inputs.map((spec, at) => {
    const tensors = rows.map((inputs) => inputs[at].read());
    if (tensors.length === 1) return tensors[0];
    return { ...tensors[0], shape: [tensors.length, ...tensors[0].shape.slice(1)], data: tensors.flatMap(({ data }) => data) };
  });
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

function requestOf(tensors) {
  const file = tensors[0]?.file;
  if (file) return { body: file, headers: { 'content-type': file.type || 'application/octet-stream' }, file };
  const inputs = tensors.map(({ binary, ...tensor }) =>
    binary ? { ...tensor, parameters: { binary_data_size: binary.length } } : tensor,
  );
  const json = JSON.stringify({ inputs });
  const parts = tensors.flatMap(({ binary }) => (binary ? [binary] : []));
  if (parts.length === 0) return { body: json, headers: { 'content-type': 'application/json' }, json };
  const header = new TextEncoder().encode(json);
  return {
    body: new Blob([header, ...parts]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
  };
}

const formatted = (value) => (typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(6) : String(value));
/** Numbers are aligned at the right, and texts wrap. */
const valueCell = (value) => element('td', { className: typeof value === 'number' ? 'value' : '' }, formatted(value));
const MOST_LINES = 100;
const MOST_COLUMNS = 20;

/** A table of an output: one line for each element of a single row, or else one line for each row. */
function show(spec, output) {
  const table = element('table', {}, element('caption', {}, output.name, element('small', {}, ' ' + output.datatype + ' [' + output.shape.join(', ') + ']')));
  const rows = output.shape[0] ?? 1;
  const width = rows > 0 ? output.data.length / rows : 0;
  const names = Array.from({ length: width }, (_, index) => spec?.labels?.[index] ?? (width === 1 ? output.name : String(index)));
  if (rows > 1) showRows(table, output.data, rows, names);
  else showElements(table, Array.from(output.data), names);
  return element('div', { className: 'scroll' }, table);
}

const MOST_COMPARED = 10;

/** A table of the cosines between the vectors of the first texts. */
function showSimilarity(output, texts) {
  const [count, width] = output.shape;
  const vector = (row) => output.data.slice(row * width, (row + 1) * width);
  const dot = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0);
  const vectors = Array.from({ length: Math.min(count, MOST_COMPARED) }, (_, row) => vector(row));
  const norms = vectors.map((each) => Math.sqrt(dot(each, each)) || 1);
  const table = element('table', { className: 'similarity' }, element('caption', {}, 'similarity', element('small', {}, ' cosine of the vectors')));
  table.append(element('tr', {}, element('th', {}), ...vectors.map((_, row) => element('th', {}, String(row + 1)))));
  vectors.forEach((one, row) => {
    const cells = vectors.map((other, column) => {
      const cosine = dot(one, other) / norms[row] / norms[column];
      const cell = element('td', { className: 'value' }, cosine.toFixed(3));
      cell.style.setProperty('--share', Math.max(cosine, 0) * 100 + '%');
      return cell;
    });
    table.append(element('tr', {}, element('td', {}, row + 1 + '. ' + texts[row].slice(0, 60)), ...cells));
  });
  return element('div', { className: 'scroll' }, table);
}

/** A class of the style sheet for each label, in the order of the labels. */
function colorsOfLabels() {
  const colors = new Map();
  return (label) => {
    if (!colors.has(label)) colors.set(label, 'color' + (colors.size % ${COLORS}));
    return colors.get(label);
  };
}

/** The texts, with the parts that the model found in colors. Positions are Unicode code points, not UTF-16 units. */
function showEntities(output, texts) {
  const colorOf = colorsOfLabels();
  const lines = output.data.slice(0, MOST_LINES).map((json, row) => {
    const letters = Array.from(texts[row]);
    const line = element('p', { className: 'entities' });
    let end = 0;
    for (const entity of JSON.parse(json).sort((one, other) => one.start - other.start)) {
      const label = entity.entity_group ?? entity.entity;
      line.append(letters.slice(end, entity.start).join(''));
      const mark = element('mark', { className: colorOf(label), title: label + ' ' + formatted(entity.score) }, letters.slice(entity.start, entity.end).join(''), element('small', {}, label));
      line.append(mark);
      end = entity.end;
    }
    line.append(letters.slice(end).join(''));
    return line;
  });
  return element('div', {}, ...lines);
}

/** Corners of the areas of a region, or undefined if it is a mask. */
function polygonsOf({ box, polygon, polygons }) {
  if (!box) return polygon ? [polygon] : polygons;
  const { xmin, ymin, xmax, ymax } = box;
  return [[[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax]]];
}

const drawing = (tag, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** What lies over a picture of that size for a region: an outline with its label, or the pixels of a mask. */
function regionNodes(region, color, { width, height }) {
  const polygons = polygonsOf(region);
  if (!polygons) {
    const mask = element('span', { className: 'mask ' + color });
    mask.style.maskImage = 'url(' + URL.createObjectURL(new Blob([bytesOf(region.mask)], { type: 'image/png' })) + ')';
    return [mask];
  }
  const outline = drawing('svg', { viewBox: '0 0 ' + width + ' ' + height, preserveAspectRatio: 'none', class: color });
  outline.append(drawing('path', { d: polygons.map((corners) => 'M' + corners.join(' ') + 'Z').join('') }));
  if (region.polygons) return [outline];
  const label = element('small', { className: color }, nameOf(region));
  const left = Math.max(Math.min(...polygons[0].map(([x]) => x)) / width, 0);
  label.style.left = left * 100 + '%';
  label.style.top = Math.max(Math.min(...polygons[0].map(([, y]) => y)) / height, 0) * 100 + '%';
  label.style.maxWidth = (1 - left) * 100 + '%';
  return [outline, label];
}

const nameOf = ({ label, text }) => label ?? text;

/** The picture with the regions that the model found, and a table of them. Sizes are shares, so that it fits any width. */
function showRegions(output, file) {
  const found = JSON.parse(output.data[0]);
  const regions = found.slice(0, MOST_LINES);
  const colorOf = colorsOfLabels();
  const colors = regions.map((region) => colorOf(nameOf(region)));
  const picture = element('img', { alt: '', src: URL.createObjectURL(file) });
  const figure = element('div', { className: 'regions' }, picture);
  picture.onload = () => {
    const size = { width: picture.naturalWidth, height: picture.naturalHeight };
    regions.forEach((region, at) => figure.append(...regionNodes(region, colors[at], size)));
  };
  // Not every format that the server reads can be shown.
  picture.onerror = () => figure.remove();
  const table = element('table', {}, element('caption', {}, output.name, element('small', {}, ' ' + found.length)));
  regions.forEach((region, at) => {
    const line = element('tr', {}, element('td', {}, element('mark', { className: colors[at] }, nameOf(region))));
    if (typeof region.score === 'number') line.append(valueCell(region.score));
    table.append(line);
  });
  if (found.length > regions.length) table.append(moreLine(found.length - regions.length));
  return [figure, element('div', { className: 'scroll' }, table)];
}

const moreLine = (count) => element('tr', {}, element('td', {}, '… ' + count + ' more'));

/** The outputs, by the task of the model. */
function showOutputs(inputs, outputs) {
  if (model.takesPictures && outputs[0].datatype === 'BYTES') return showRegions(outputs[0], inputs[0].file);
  const texts = inputs[0]?.data;
  const tables = outputs.map((output) => show(model.outputs.find(({ name }) => name === output.name), output));
  if (model.task === 'embed' && texts.length > 1) return [showSimilarity(outputs[0], texts), ...tables];
  if (model.task === 'token_classification') return [showEntities(outputs[0], texts), ...tables];
  return tables;
}

function showElements(table, data, names) {
  const numeric = data.every((value) => typeof value === 'number');
  const shares = numeric && data.length > 1 && data.every((value) => value >= 0 && value <= 1);
  let lines = data.map((value, index) => ({ name: names[index], value }));
  if (shares) lines = lines.sort((one, other) => other.value - one.value);
  for (const { name, value } of lines.slice(0, MOST_LINES)) {
    const line = element('tr', {}, element('td', {}, name), valueCell(value));
    if (shares) line.append(element('td', { className: 'share' }, element('meter', { value, ariaLabel: name })));
    table.append(line);
  }
  if (lines.length > MOST_LINES) table.append(moreLine(lines.length - MOST_LINES));
}

function showRows(table, data, rows, names) {
  const shown = names.slice(0, MOST_COLUMNS);
  table.append(element('tr', {}, ...['row', ...shown].map((name) => element('th', {}, name))));
  for (let row = 0; row < Math.min(rows, MOST_LINES); row++) {
    const cells = shown.map((_, column) => valueCell(data[row * names.length + column]));
    table.append(element('tr', {}, element('td', {}, String(row + 1)), ...cells));
  }
  if (rows > MOST_LINES) table.append(moreLine(rows - MOST_LINES));
}

let model;
/** The inputs of each row of the form. */
let rows;
let sample;

function choose(index) {
  model = models[index];
  sample = 0;
  const canAddRows = model.inputs.every((spec) => hasFields(spec) && spec.shape[0] === -1);
  const samples = model.inputs.some(imageLayout) ? [] : model.examples.map((text) => JSON.parse(text).inputs);
  byId('add').hidden = !canAddRows;
  byId('sample').hidden = samples.length === 0;
  byId('sample').onclick = () => fill(samples[sample++ % samples.length]);
  byId('outputs').replaceChildren();
  byId('predict').disabled = !model.available;
  const ready = samples.length > 0 ? 'The form holds a sample. Press Predict.' : 'Fill in the form and press Predict.';
  say(model.available ? ready : 'This version is not available. ' + (model.failure ?? ''), !model.available);
  if (samples.length > 0) byId('sample').click();
  else setRows(model.task === 'embed' ? 2 : 1);
}

/** Fills the form with the tensors of a sample, which may have several rows. */
function fill(tensors) {
  const inFields = model.inputs.every(hasFields);
  const count = inFields ? tensors[0].shape[0] ?? 1 : 1;
  setRows(count);
  rows.forEach((inputs, row) => {
    inputs.forEach((input, at) => {
      const { data, shape } = tensors.find(({ name }) => name === model.inputs[at].name);
      const step = data.length / count;
      input.fill(data.slice(row * step, (row + 1) * step), shape);
    });
  });
  showCommand();
}

/** Makes the form anew with that many empty rows. */
function setRows(count) {
  rows = [];
  byId('inputs').replaceChildren();
  for (let row = 0; row < count; row++) addRow();
  showCommand();
}

function addRow() {
  const at = rows.length;
  const inputs = model.inputs.map((spec) => inputFor(spec, at));
  const node = element('div', { className: 'row' });
  if (at > 0) {
    const remove = element('button', { type: 'button', className: 'plain' }, 'Remove');
    remove.onclick = () => {
      rows.splice(rows.indexOf(inputs), 1);
      node.remove();
      showCommand();
    };
    node.append(element('div', { className: 'head' }, 'Another row', remove));
  }
  inputs.forEach((input, index) => {
    const spec = model.inputs[index];
    node.append(element('fieldset', {}, element('legend', {}, spec.name, element('small', {}, description(spec))), input.node));
  });
  rows.push(inputs);
  byId('inputs').append(node);
}

/** Shows the command that sends what the form holds, or nothing while the form is incomplete. */
function showCommand() {
  let text = '';
  try {
    text = commandOf(requestOf(tensorsOf(rows)));
  } catch {}
  byId('curl').textContent = text;
  byId('command-section').hidden = text === '';
}

const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

function commandOf({ json, file, headers }) {
  const url = new URL(path(), location.href);
  if (file) return 'curl -H ' + quoted('content-type: ' + headers['content-type']) + ' --data-binary ' + quoted('@' + file.name) + ' ' + url;
  if (!json) return 'A picture is sent as a binary tensor: see the binary extension of the Open Inference Protocol.';
  return "curl -H 'content-type: application/json' -d " + quoted(json) + ' ' + url;
}

function say(text, bad) {
  byId('status').textContent = text;
  byId('status').className = bad ? 'bad' : '';
}

const path = () => 'v2/models/' + encodeURIComponent(model.name) + '/versions/' + model.version + '/infer';

byId('form').onsubmit = async (event) => {
  event.preventDefault();
  const button = byId('predict');
  const asked = model;
  try {
    const inputs = tensorsOf(rows);
    const { body, headers } = requestOf(inputs);
    showCommand();
    button.disabled = true;
    say('Waiting for the response …');
    const since = performance.now();
    const response = await fetch(path(), { method: 'POST', body, headers });
    const answer = await response.json();
    const elapsed = performance.now() - since;
    // Another model has been chosen meanwhile, and this response is not its own.
    if (model !== asked) return;
    if (!response.ok) throw new Error(response.status + ': ' + (answer.error ?? response.statusText));
    say('Answered in ' + elapsed.toFixed(1) + ' ms.');
    byId('outputs').replaceChildren(...showOutputs(inputs, answer.outputs));
  } catch (error) {
    if (model !== asked) return;
    byId('outputs').replaceChildren();
    say(error.message, true);
  } finally {
    button.disabled = !model.available;
  }
};

byId('add').onclick = () => {
  addRow();
  showCommand();
};
byId('form').oninput = showCommand;
byId('copy').onclick = async () => {
  const button = byId('copy');
  try {
    await navigator.clipboard.writeText(byId('curl').textContent);
  } catch {
    // Browsers offer the clipboard to secure pages only.
    getSelection().selectAllChildren(byId('curl'));
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
};

models.forEach(({ name, version, labels, format, available }, index) => {
  const called = labels.length > 0 ? ' (' + labels.join(', ') + ')' : '';
  const state = available ? '' : ', not available';
  byId('model').append(element('option', { value: index }, name + ' version ' + version + called + ', ' + format + state));
});
byId('model').onchange = (event) => choose(Number(event.target.value));
// The first version that is available, or else the first.
if (models.length > 0) {
  const first = Math.max(0, models.findIndex(({ available }) => available));
  byId('model').value = first;
  choose(first);
} else {
  byId('predict').disabled = true;
  say('The server has no models.', true);
}
`;
