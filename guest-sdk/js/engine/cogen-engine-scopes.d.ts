/// <reference path="./cogen-engine-coroutines.d.ts" />
/// <reference path="./cogen-engine-handover.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/scopes@0.1.0' {
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Failure = import('cogen:engine/types@0.1.0').Failure;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Coroutine = import('cogen:engine/coroutines@0.1.0').Coroutine;
  export type Thing = import('cogen:engine/handover@0.1.0').Thing;
  /**
   * What went wrong in a scope.
   */
  export interface Failures {
    /**
     * The children that ended without a value, in the order of their ends: the first 100. Those that were cancelled with
     * the scope, and gave up, are not among them.
     */
    first: Array<Failure>,
    /**
     * How many more there were.
     */
    more: bigint,
  }
  
  export class Scope implements Disposable {
    /**
    * A scope without children.
    */
    constructor()
    /**
    * As `handover.spawn`, with the new coroutine as a child of this scope. The handle is as any other: to drop it changes
    * nothing, and who holds it may join, cancel or kill the child. A child that ends because of that has ended
    * without a value.
    * 
    * In a scope that has been cancelled nothing is started any more: this fails with `ended` and the first failure if
    * there was one, and else with `invalid-argument`. Fails as `handover.spawn` does otherwise.
    */
    spawn(program: string, args: Uint8Array, things: Array<Thing>, options: Options): Coroutine;
    /**
    * Park until all children have ended, and answer what went wrong; nothing if all returned a value. Without children
    * it does not park. It may be asked again, also after further children were started.
    * 
    * When the coroutine that waits here is cancelled, so is the scope, and the children are given the time to end: the
    * answer is `cancelled`, once they have, or when the timeout is up. When this fails with `timed-out` the
    * children go on; those that ignore a cancel are killed after their `cancel-grace`, or when the scope is dropped.
    * 
    * Fails with `timed-out` or `cancelled`.
    */
    join(options: Options): Failures;
    /**
    * A pollable that is ready when all children have ended. Drop it before the scope.
    */
    subscribe(): Pollable;
    /**
    * Cancel all children, as a failure of one of them does. Never parks, and does not wait for them to comply.
    */
    cancel(): void;
    [Symbol.dispose](): void;
  }
}
