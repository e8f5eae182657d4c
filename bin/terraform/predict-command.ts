import type { Model } from '../../lib/model/model.js';

/**
 * Returns a command that requests a prediction for zeros. It authenticates with the token that `tokenCommand` prints.
 */
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
