/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/signals@0.1.0' {
  /**
   * Wake all that wait for `name` now with `value`, in the order they came, and answer how many they were.
   * 
   * With `recipients` above zero the signaller first parks until so many wait; then all that wait are woken.
   * Several signallers of one name are served in the order they came. With zero it never fails for want of
   * waiters: nobody waiting means zero woken.
   * 
   * Order: with priority `operation` or `first` the woken go to the front of their queue, the last waiter first;
   * else to the back in order. With `coroutine` or `first` the signaller goes on at once; else it goes to the back.
   * 
   * Fails with `timed-out` (the recipients did not come), `cancelled`, `denied`, `invalid-argument`, or `limit-reached`.
   */
  export function signal(name: string, value: Uint8Array, recipients: number, options: Options): number;
  /**
   * Begin a signal with recipients without waiting for them. The timeout is not used, and the signaller goes on in any
   * case. Fails as `signal` does, but for `timed-out`.
   */
  export function startSignal(name: string, value: Uint8Array, recipients: number, options: Options): PendingSignal;
  /**
   * Park until somebody signals `name`, and answer the value. The priority is not used: the signaller's says who runs
   * first. A signal that comes in the moment in which the time is up is answered, not lost.
   * 
   * Fails with `timed-out`, `cancelled`, `denied`, or `invalid-argument`.
   */
  export function waitForSignal(name: string, options: Options): Uint8Array;
  /**
   * Begin to wait for `name` without parking. From now on this coroutine counts as one that waits. Fails with
   * `denied`, `invalid-argument` or `limit-reached`.
   */
  export function startWait(name: string): SignalWait;
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  
  export class PendingSignal implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * A pollable that becomes ready when the signal has been given. Drop it before the signal.
    */
    subscribe(): Pollable;
    /**
    * How many were woken: `not-ready` until the signal has been given. Never parks.
    */
    finish(): number;
    [Symbol.dispose](): void;
  }
  
  export class SignalWait implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * A pollable that becomes ready when the signal has come. Drop it before the wait.
    */
    subscribe(): Pollable;
    /**
    * The value, once: `not-ready` until the signal has come, then the value, then `invalid-argument`. Never parks.
    */
    finish(): Uint8Array;
    [Symbol.dispose](): void;
  }
}
