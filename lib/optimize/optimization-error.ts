/** A model that cannot be optimized, or whose optimization is refused. */
export class OptimizationError extends Error {
  override readonly name = 'OptimizationError';

  constructor(
    readonly code: 'CONVERTER_MISSING' | 'CONVERSION_FAILED' | 'CONVERSION_REFUSED' | 'CONVERSION_NEEDLESS',
    message: string,
  ) {
    super(message);
  }
}
