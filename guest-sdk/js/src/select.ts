/** Wait for the first of several things. */

import { poll, type Pollable } from 'wasi:io/poll@0.2.0';
import { InvalidArgument } from './error.ts';

/** Something that `select` can wait for. */
export interface Wait {
  /**
   * A pollable of `wasi:io/poll` that becomes ready when the wait is over and stays so. `select` asks for one each time it is
   * called and drops it before it returns.
   */
  subscribe(): Pollable;
}

/**
 * Park until one of `waits` is over, and answer it; of several, the first. To wait for all, call it again without those that
 * are over. When this coroutine is cancelled, all of them are over; the next operation then throws `Cancelled`.
 *
 * ```js
 * using call = coroutine.startCall('slow', '');
 * const patience = new time.Sleep(1);
 * if (select(call, patience) === call) console.log(text(call.finish()));
 * // Else nobody needs the answer any more: the end of the block kills the callee.
 * ```
 *
 * Throws `InvalidArgument` without `waits`: that wait could never end.
 */
export function select<W extends Wait>(...waits: readonly [W, ...W[]]): W {
  if (waits.length === 0) throw new InvalidArgument('select needs at least one thing to wait for');
  const pollables: Pollable[] = [];
  try {
    for (const wait of waits) pollables.push(wait.subscribe());
    return waits[Math.min(...poll(pollables))]!;
  } finally {
    for (const pollable of pollables) pollable[Symbol.dispose]();
  }
}

/** Park until `wait` is over. */
export function blockOn(wait: Wait): void {
  select(wait);
}
