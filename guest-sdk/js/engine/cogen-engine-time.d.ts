/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/time@0.1.0' {
  /**
   * The present moment. Never parks, and never goes backwards.
   */
  export function now(): Instant;
  /**
   * Park this coroutine for at least `duration` nanoseconds. A sleep of zero still goes through the queue: it
   * lets everybody run who is ready now. Two sleeps that end at the same moment end in the order they began.
   * 
   * Fails with `cancelled` only. A duration that reaches beyond the end of the clock sleeps until cancelled.
   */
  export function sleep(duration: Duration): void;
  /**
   * Park this coroutine until `deadline` or a little later. A moment that has passed behaves as a sleep of zero.
   * 
   * Fails with `cancelled` only.
   */
  export function sleepUntil(deadline: Instant): void;
  /**
   * A pollable that becomes ready `duration` nanoseconds from now and stays ready.
   */
  export function subscribeSleep(duration: Duration): Pollable;
  /**
   * A pollable that becomes ready at `deadline` and stays ready.
   */
  export function subscribeSleepUntil(deadline: Instant): Pollable;
  /**
   * Go to the back of this worker's queue. Alone there, the coroutine continues at once.
   * 
   * Fails with `cancelled` only.
   */
  export function yieldNow(): void;
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Duration = import('cogen:engine/types@0.1.0').Duration;
  export type Instant = import('cogen:engine/types@0.1.0').Instant;
  export type Error = import('cogen:engine/types@0.1.0').Error;
}
