import type { Manifest } from '@modelship/runtime/manifest';

/** Whether requests contain text, which may be HTML, code or URLs. */
export function takesText({ inputs }: Pick<Manifest, 'inputs'>): boolean {
  return inputs.some(({ datatype }) => datatype === 'BYTES');
}
