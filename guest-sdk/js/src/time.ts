/**
 * The engine's clock and sleeping. All times are seconds; a moment is a number of them since a point that the engine chose,
 * and means nothing in another engine or beside other clocks.
 */

import * as engine from 'cogen:engine/time@0.1.0';
import { ask } from './error.ts';
import { later, moment, nanoseconds, seconds } from './options.ts';
import type { Wait } from './select.ts';

/** The present moment. Never parks, and never goes backwards. */
export function now(): number {
  return seconds(engine.now());
}

/**
 * Park for at least so many seconds; a sleep of zero lets everybody run who is ready now, one of `Infinity` ends when this
 * coroutine is cancelled. Throws `Cancelled` only.
 */
export function sleep(duration: number): void {
  ask(() => engine.sleep(nanoseconds('duration', duration)));
}

/** Park until `deadline` or a little later. A moment that has passed is as a sleep of zero. Throws `Cancelled` only. */
export function sleepUntil(deadline: number): void {
  ask(() => engine.sleepUntil(moment(deadline)));
}

/** Go to the back of this worker's queue. Alone there, the coroutine continues at once. Throws `Cancelled` only. */
export function yieldNow(): void {
  ask(() => engine.yieldNow());
}

/** A sleep to `select` on, together with other things. It holds nothing of the engine's. */
export class Sleep implements Wait {
  /** When it ends. */
  readonly deadline: number;
  readonly #deadline: bigint;

  /**
   * A sleep of so many seconds that begins now.
   * @param end is internal: the moment instead, as the engine counts
   */
  constructor(duration: number, end = later(engine.now(), nanoseconds('duration', duration))) {
    this.#deadline = end;
    this.deadline = seconds(this.#deadline);
  }

  /** A sleep that ends at `deadline`. */
  static until(deadline: number): Sleep {
    return new Sleep(0, moment(deadline));
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return engine.subscribeSleepUntil(this.#deadline);
  }
}
