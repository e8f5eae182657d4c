/** How far a pause may differ, so that instances that started together do not ask a store together. */
const JITTER = 0.2;

/**
 * Calls `look` again and again, about `seconds` after it last ended.
 *
 * @returns what stops it
 */
export function watch(look: () => Promise<void>, seconds: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const pause = seconds * 1000 * (1 + JITTER * (2 * Math.random() - 1));
    timer = setTimeout(() => void look().then(wait), pause).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
