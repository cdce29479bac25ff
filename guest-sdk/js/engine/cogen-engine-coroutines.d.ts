/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/coroutines@0.1.0' {
  /**
   * Start a coroutine that runs `program` with `args`, and answer its handle. The engine chooses the worker.
   * 
   * Order on one worker: the new coroutine goes to the front of the queue; with `operation` or `first` to the back.
   * With `coroutine` or `first` the asker goes on at once; else it goes to the back, so that the new one has run
   * before this returns. On another worker the new one goes to the back. The timeout is not used: to wait for room
   * is the new coroutine's affair.
   * 
   * Grant: `spawn`. Fails with `denied`, `unknown-program`, `limit-reached` (too many coroutines wait to start, or too many
   * payloads are kept), `cancelled` (then nothing was started), or `invalid-argument` when `args` is larger than 16 MiB.
   */
  export function spawn(program: string, args: Uint8Array, options: Options): Coroutine;
  /**
   * Run `program` with `args` as a new coroutine on this worker, before everybody else, park until it has ended,
   * and answer what it returned. When the caller gives up (timeout, cancelled, killed), the callee is killed. The
   * caller resumes before everybody else, whatever the priority. With a timeout of zero the callee never runs.
   * 
   * Grant: `call`. Fails with `ended` (the callee ended without a value; a failed callee is not reported elsewhere), `denied`,
   * `unknown-program`, `limit-reached` (calls are nested too deep, there is no room for another coroutine, or too many
   * payloads are kept),
   * `timed-out`, `cancelled`, or `invalid-argument` when `args` is larger than 16 MiB.
   */
  export function call(program: string, args: Uint8Array, options: Options): Uint8Array;
  /**
   * Begin a call without waiting for its end: to bound the wait, wait on the pollable together with a timer.
   * 
   * Fails as `call` does, but for `ended` and `timed-out`.
   */
  export function startCall(program: string, args: Uint8Array): PendingCall;
  /**
   * The handle of this coroutine itself.
   */
  export function current(): Coroutine;
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type CoroutineId = import('cogen:engine/types@0.1.0').CoroutineId;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Failure = import('cogen:engine/types@0.1.0').Failure;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  /**
   * Where a coroutine is in its life.
   * # Variants
   * 
   * ## `"created"`
   * 
   * Made, and not yet started.
   * ## `"ready"`
   * 
   * Waiting for its turn on its worker.
   * ## `"running"`
   * 
   * Running now.
   * ## `"parked"`
   * 
   * Waiting for something to happen.
   * ## `"ended"`
   * 
   * Over; how can be had by `outcome` and `join`.
   */
  export type State = 'created' | 'ready' | 'running' | 'parked' | 'ended';
  /**
   * A coroutine as seen at one moment.
   */
  export interface Info {
    id: CoroutineId,
    /**
     * The program it runs.
     */
    program: string,
    /**
     * Who spawned or called it; none when it was started from outside.
     */
    parent?: CoroutineId,
    state: State,
  }
  /**
   * How a coroutine ended.
   */
  export type Outcome = OutcomeReturned | OutcomeFailed;
  /**
   * It returned this value; a command that exited with zero returned nothing.
   */
  export interface OutcomeReturned {
    tag: 'returned',
    val: Uint8Array,
  }
  /**
   * It ended without a value.
   */
  export interface OutcomeFailed {
    tag: 'failed',
    val: Failure,
  }
  
  export class Coroutine implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * What the engine knows of it now. Never parks.
    */
    info(): Info;
    /**
    * Park until the coroutine has ended, and answer what it returned. Many may wait for one coroutine, and one
    * may join many times; who joins an ended one is answered at once. Joiners resume in the order they came: the
    * priority is not used.
    * 
    * Fails with `ended` (it ended without a value), `timed-out`, `cancelled`, or `invalid-argument` when a
    * coroutine joins itself.
    */
    join(options: Options): Uint8Array;
    /**
    * Park until the coroutine has ended, and answer how. As `join`, but whatever the coroutine did is an answer here:
    * what fails is the wait alone. So whoever watches over another one can tell its `cancelled` from their own.
    * 
    * Fails with `timed-out`, `cancelled`, or `invalid-argument` when a coroutine waits for itself.
    */
    outcome(options: Options): Outcome;
    /**
    * A pollable that becomes ready when the coroutine has ended; then neither `join` nor `outcome` parks. Drop it before
    * the handle.
    */
    subscribe(): Pollable;
    /**
    * Another handle of the same coroutine, for instance to be given to another one (`handover`).
    */
    share(): Coroutine;
    /**
    * Ask the coroutine to end: its present wait, and each later one, fails with `cancelled`. Never parks, and
    * does not wait for it to comply; of an ended coroutine it does nothing. One that never waits is not
    * reached: see `kill`.
    * 
    * Grant: none for itself and for those that this coroutine has started, else `cancel`. Fails with `denied`.
    */
    cancel(): void;
    /**
    * End the coroutine now, wherever it is: parked, queued or in an endless loop, with whatever it has called.
    * Everything it held is released. Never parks; of an ended coroutine it does nothing. A coroutine that
    * kills itself does not return from this.
    * 
    * Grant: as `cancel`. Fails with `denied`.
    */
    kill(): void;
    [Symbol.dispose](): void;
  }
  
  export class PendingCall implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * A pollable that becomes ready when the callee has ended. Drop it before the call.
    */
    subscribe(): Pollable;
    /**
    * The answer, once: `not-ready` while the callee runs, then what `call` would have answered, then
    * `invalid-argument`. Never parks.
    */
    finish(): Uint8Array;
    [Symbol.dispose](): void;
  }
}
