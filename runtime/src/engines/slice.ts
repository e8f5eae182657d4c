/** Maximum number of steps of a slice, which take a few milliseconds. A step reads or writes some numbers. */
export const STEPS_PER_SLICE = 2 ** 18;

/** Part of work. It returns the number of its steps. */
export type Task = () => number;

/** Counts the steps of work that is too long for one turn of the event loop. */
export class Slice {
  private steps = 0;

  /** Adds steps. Returns whether the slice is full, so that the work must yield. The next slice has then begun. */
  fill(steps: number): boolean {
    this.steps += steps;
    if (this.steps < STEPS_PER_SLICE) return false;
    this.steps = 0;
    return true;
  }

  /** Runs tasks, the last one first, until none is left. Tasks may push others. Yields between slices. */
  *run(tasks: Task[]): Generator<void, void> {
    for (let task = tasks.pop(); task; task = tasks.pop()) if (this.fill(task())) yield;
  }
}
