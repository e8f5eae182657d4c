import type { Histogram } from './histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** A metric whose series all have the same label names. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Builder for version 0.0.4 of Prometheus's text format. */
export class Exposition {
  private readonly lines: string[] = [];

  /** Begins a metric family. All series until the next call belong to it. */
  family({ name, type, help }: Family): void {
    this.lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  value(name: string, labels: Labels, value: number): void {
    const text = labelText(labels);
    this.lines.push(`${name}${text === '' ? '' : `{${text}}`} ${value}`);
  }

  /** Adds the series of a histogram. @param scale factor that converts values to the unit of the family */
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

/** Formats the product without floating-point noise. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(12)));
}
