/** Relative variation of the pause. It keeps instances that started together from polling a store at the same time. */
const JITTER = 0.2;

/**
 * Calls `check` repeatedly, about `seconds` after the previous call ended or failed.
 *
 * @returns a function that stops the repetition
 */
export function watch(check: () => Promise<void>, seconds: number, onError: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const pause = seconds * 1000 * (1 + JITTER * (2 * Math.random() - 1));
    timer = setTimeout(() => void check().catch(onError).then(wait), pause).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
