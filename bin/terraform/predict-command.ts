import type { Model } from '../../lib/model/model.js';

/** A command that asks for a prediction of zeros, with the token that `tokenCommand` prints if there is one. */
export function predictCommand(url: string, model: Model, tokenCommand?: string): string {
  const tensors = model.manifest.inputs.map(({ name, datatype, shape }) => {
    const instance = filled(datatype === 'BYTES' ? '' : 0, shape.slice(1));
    return [name, instance] as const;
  });
  const instance = tensors.length === 1 ? tensors[0]![1] : Object.fromEntries(tensors);
  const body = JSON.stringify({ instances: [instance] });
  const token = tokenCommand ? ` -H "Authorization: Bearer $(${tokenCommand})"` : '';
  return `curl${token} -H 'Content-Type: application/json' -d '${body}' ${url}`;
}

function filled(value: unknown, [size, ...rest]: readonly number[]): unknown {
  return size === undefined ? value : Array.from({ length: Math.max(size, 1) }, () => filled(value, rest));
}
