/** How far a pause may differ, so that instances that started together do not ask a store together. */
const JITTER = 0.2;

/**
 * Calls `look` again and again, about `seconds` after it last ended, whether it failed or not.
 *
 * @returns what stops it
 */
export function watch(look: () => Promise<void>, seconds: number, onError: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const pause = seconds * 1000 * (1 + JITTER * (2 * Math.random() - 1));
    timer = setTimeout(() => void look().catch(onError).then(wait), pause).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
