import type { Histogram } from './histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** A metric, all of whose series have the same label names. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Text in version 0.0.4 of Prometheus's format, as it is put together. */
export class Exposition {
  private readonly lines: string[] = [];

  /** Begins a family; the series that follow are its own. */
  family({ name, type, help }: Family): void {
    this.lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  value(name: string, labels: Labels, value: number): void {
    const text = labelText(labels);
    this.lines.push(`${name}${text === '' ? '' : `{${text}}`} ${value}`);
  }

  /** @param scale what values are multiplied by, to be in the family's unit */
  histogram(name: string, labels: Labels, histogram: Histogram, scale = 1): void {
    const text = labelText(labels);
    const counts = histogram.cumulative();
    const bucket = (bound: string, count: number) => this.lines.push(`${name}_bucket{${text},le="${bound}"} ${count}`);
    for (const [index, bound] of histogram.bounds.entries()) bucket(rounded(bound * scale), counts[index]!);
    bucket('+Inf', histogram.count);
    this.lines.push(`${name}_sum{${text}} ${histogram.sum * scale}`, `${name}_count{${text}} ${histogram.count}`);
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',');
}

/** The product without the errors of multiplying. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(12)));
}
