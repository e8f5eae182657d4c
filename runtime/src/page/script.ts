/**
 * The page's script. Small numeric inputs become fields, image-shaped ones a place to drop a picture, all else JSON.
 * Requests go by the Open Inference Protocol; a picture's tensor goes in binary, as it would be megabytes of JSON.
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

function parseNumber(text, name) {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new Error(name + ': got ' + JSON.stringify(text) + ', a number is needed');
  return value;
}

function fieldsInput(spec) {
  const cells = Array.from({ length: count(spec.shape) }, (_, index) =>
    element('input', {
      value: spec.datatype === 'BYTES' ? '' : '0',
      inputMode: spec.datatype === 'BYTES' ? 'text' : 'decimal',
      ariaLabel: spec.name + ' ' + (spec.labels?.[index] ?? index + 1),
      placeholder: spec.labels?.[index] ?? '',
    }),
  );
  const value = (cell) => {
    if (spec.datatype === 'BYTES') return cell.value;
    if (spec.datatype === 'BOOL') return cell.value === 'true' || cell.value === '1';
    return parseNumber(cell.value, cell.ariaLabel);
  };
  return {
    node: element('div', { className: 'cells' }, ...cells),
    read: () => ({ name: spec.name, datatype: spec.datatype, shape: concrete(spec.shape), data: cells.map(value) }),
  };
}

function jsonInput(spec) {
  const text = element('textarea', { value: '[]', spellcheck: false, ariaLabel: spec.name + ' as JSON' });
  const shapeOf = (value) => (Array.isArray(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])] : []);
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
  };
}

const SCALES = {
  '0 to 1': (value) => value / 255,
  '−1 to 1': (value) => value / 127.5 - 1,
  '0 to 255': (value) => value,
  'ImageNet mean and deviation': (value, channel) => (value / 255 - [0.485, 0.456, 0.406][channel]) / [0.229, 0.224, 0.225][channel],
};

function imageInput(spec, layout) {
  const preview = element('img', { alt: '', hidden: true });
  const file = element('input', { type: 'file', accept: 'image/*', ariaLabel: spec.name + ' picture' });
  const drop = element('div', { className: 'drop' }, preview, element('span', {}, 'Drop a picture here, or choose one'), file);
  const scale = element('select', { ariaLabel: 'Scale of the pixels' });
  for (const name of Object.keys(SCALES)) scale.append(element('option', {}, name));
  if (spec.datatype === 'UINT8') scale.value = '0 to 255';
  let picture;
  const take = async (chosen) => {
    if (!chosen) return;
    try {
      picture = await createImageBitmap(chosen);
    } catch {
      picture = undefined;
      preview.hidden = true;
      say(spec.name + ': ' + chosen.name + ' is no picture that this browser reads', true);
      return;
    }
    preview.src = URL.createObjectURL(chosen);
    preview.hidden = false;
  };
  file.onchange = () => take(file.files[0]);
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  drop.ondragleave = () => drop.classList.remove('over');
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take(event.dataTransfer.files[0]);
  };
  return {
    node: element('div', {}, drop, element('p', {}, element('label', {}, 'Pixels from ', scale))),
    read: () => {
      if (!picture) throw new Error(spec.name + ': choose a picture first');
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

function inputFor(spec) {
  const layout = imageLayout(spec);
  if (layout) return imageInput(spec, layout);
  return count(spec.shape) <= MOST_FIELDS ? fieldsInput(spec) : jsonInput(spec);
}

function requestOf(tensors) {
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

function show(spec, output) {
  const labels = spec?.labels;
  const last = output.shape.at(-1) ?? 1;
  let rows = Array.from(output.data, (value, index) => ({ name: labels?.[index % last] ?? (output.data.length === 1 ? 'value' : String(index)), value }));
  const numeric = rows.every(({ value }) => typeof value === 'number');
  const shares = numeric && last > 1 && rows.every(({ value }) => value >= 0 && value <= 1);
  if (shares && rows.length === last) rows = rows.sort((one, other) => other.value - one.value);
  const table = element('table', {}, element('caption', {}, output.name + ' ' + output.datatype + ' [' + output.shape.join(', ') + ']'));
  for (const { name, value } of rows.slice(0, 100)) {
    const text = numeric && !Number.isInteger(value) ? value.toPrecision(6) : String(value);
    const row = element('tr', {}, element('td', {}, name), element('td', { className: 'value' }, text));
    if (shares) row.append(element('td', { className: 'share' }, element('meter', { value, ariaLabel: name })));
    table.append(row);
  }
  if (rows.length > 100) table.append(element('tr', {}, element('td', {}, '… ' + (rows.length - 100) + ' more')));
  return table;
}

let model;
let inputs;

function choose(index) {
  model = models[index];
  inputs = model.inputs.map(inputFor);
  const about = (spec) => ' ' + spec.datatype + ' [' + spec.shape.map((size) => (size === -1 ? '?' : size)).join(', ') + ']';
  byId('inputs').replaceChildren(
    ...inputs.map((input, at) =>
      element('fieldset', {}, element('legend', {}, model.inputs[at].name, element('small', {}, about(model.inputs[at]))), input.node),
    ),
  );
  byId('outputs').replaceChildren();
  byId('predict').disabled = !model.available;
  say(model.available ? 'Fill in the form and press Predict.' : 'This version is not available. ' + (model.failure ?? ''), !model.available);
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
    const { body, headers, json } = requestOf(inputs.map((input) => input.read()));
    byId('curl').textContent = json
      ? "curl -H 'content-type: application/json' -d '" + json.replaceAll("'", "'\\''") + "' " + new URL(path(), location.href)
      : 'The picture was sent as a binary tensor: see the binary extension of the Open Inference Protocol.';
    button.disabled = true;
    say('Asking …');
    const since = performance.now();
    const response = await fetch(path(), { method: 'POST', body, headers });
    const answer = await response.json();
    const elapsed = performance.now() - since;
    // Another model was chosen meanwhile: this is no answer of its.
    if (model !== asked) return;
    if (!response.ok) throw new Error(response.status + ': ' + (answer.error ?? response.statusText));
    say('Answered in ' + elapsed.toFixed(1) + ' ms.');
    byId('outputs').replaceChildren(
      ...answer.outputs.map((output) => show(model.outputs.find(({ name }) => name === output.name), output)),
    );
  } catch (error) {
    if (model !== asked) return;
    byId('outputs').replaceChildren();
    say(error.message, true);
  } finally {
    button.disabled = !model.available;
  }
};

models.forEach(({ name, version, labels, format, available }, index) => {
  const called = labels.length > 0 ? ' (' + labels.join(', ') + ')' : '';
  const state = available ? '' : ', not available';
  byId('model').append(element('option', { value: index }, name + ' version ' + version + called + ', ' + format + state));
});
byId('model').onchange = (event) => choose(Number(event.target.value));
// The first that can be asked, or else the first.
if (models.length > 0) {
  const first = Math.max(0, models.findIndex(({ available }) => available));
  byId('model').value = first;
  choose(first);
} else {
  byId('predict').disabled = true;
  say('The server holds no model.', true);
}
`;
