declare module 'cogen:engine/types@0.1.0' {
  /**
   * A length of time in nanoseconds.
   */
  export type Duration = bigint;
  /**
   * A moment on the engine's monotonic clock, in nanoseconds since a point that the engine chose. Moments of one
   * engine can be compared with one another; they mean nothing in another engine.
   */
  export type Instant = bigint;
  /**
   * The identity of a coroutine, unique in its engine and never used again. A number carries no authority: to act
   * on a coroutine, hold a `coroutines.coroutine`.
   */
  export type CoroutineId = bigint;
  /**
   * How long an operation may wait.
   */
  export type Timeout = TimeoutDefault | TimeoutNever | TimeoutWithin | TimeoutBy;
  /**
   * The program's default timeout, else the engine's; without either, for ever.
   */
  export interface TimeoutDefault {
    tag: 'default',
  }
  /**
   * For ever, whatever the defaults say.
   */
  export interface TimeoutNever {
    tag: 'never',
  }
  /**
   * At most this long, counted from the moment the operation is asked for. Zero means "try once": the
   * operation completes if it can do so without waiting, and otherwise fails with `timed-out` at once.
   */
  export interface TimeoutWithin {
    tag: 'within',
    val: Duration,
  }
  /**
   * Until this moment. One that has passed means "try once".
   */
  export interface TimeoutBy {
    tag: 'by',
    val: Instant,
  }
  /**
   * Who goes first when an operation makes several coroutines able to run. Order is only promised between
   * coroutines of one worker, and those at the front of a queue have no more than one slice together (4 to 8 ms)
   * before one from its back has its turn: two that wake each other do not keep the others waiting.
   * # Variants
   * 
   * ## `"default"`
   * 
   * The program's default, else the engine's, which is `last` unless configured.
   * ## `"last"`
   * 
   * Everybody goes to the back of the queue: the woken first, then the one that asked.
   * ## `"operation"`
   * 
   * The woken go to the front of the queue, the one that asked to the back.
   * ## `"coroutine"`
   * 
   * The one that asked goes on first; the woken go to the back.
   * ## `"first"`
   * 
   * The one that asked goes on first, then the woken, before everybody else.
   */
  export type Priority = 'default' | 'last' | 'operation' | 'coroutine' | 'first';
  /**
   * How an operation waits and whom it lets pass.
   */
  export interface Options {
    timeout: Timeout,
    priority: Priority,
  }
  /**
   * The way a coroutine ended without a value.
   * # Variants
   * 
   * ## `"failed"`
   * 
   * It returned an error, or exited with a status that is not zero.
   * ## `"trapped"`
   * 
   * It trapped: a panic, an unreachable instruction, a bad memory access, an overflow of its stack.
   * ## `"exceeded"`
   * 
   * It went over a limit.
   * ## `"cancelled"`
   * 
   * It was cancelled and gave up.
   * ## `"killed"`
   * 
   * It was killed.
   */
  export type Ending = 'failed' | 'trapped' | 'exceeded' | 'cancelled' | 'killed';
  /**
   * How another coroutine ended, as told to one that called or joined it.
   */
  export interface Failure {
    /**
     * The coroutine that ended so.
     */
    id: CoroutineId,
    /**
     * The program it ran.
     */
    program: string,
    /**
     * The manner of its end.
     */
    ending: Ending,
    /**
     * Its own message; of a chain of calls, the deepest message with the programs on the way before it.
     */
    message: string,
    /**
     * Where it trapped, innermost frame first, a line each; empty if it did not trap.
     */
    backtrace: string,
  }
  /**
   * What sort of thing a network, or the machine's part of it, has said no with.
   * # Variants
   * 
   * ## `"refused"`
   * 
   * Nobody listens there.
   * ## `"reset"`
   * 
   * The connection was torn down, by the peer or on the way.
   * ## `"closed"`
   * 
   * This direction of the connection has ended: nothing more can be written.
   * ## `"unreachable"`
   * 
   * No way leads there, or it leads nowhere.
   * ## `"address-in-use"`
   * 
   * Somebody else has the address.
   * ## `"address-unavailable"`
   * 
   * The address is none of this machine's.
   * ## `"name-unknown"`
   * 
   * There is no such name, or nobody who knows.
   * ## `"denied"`
   * 
   * The operating system does not let the engine do it.
   * ## `"other"`
   * 
   * Anything else; the message says what.
   */
  export type NetworkProblem = 'refused' | 'reset' | 'closed' | 'unreachable' | 'address-in-use' | 'address-unavailable' | 'name-unknown' | 'denied' | 'other';
  /**
   * Why the network did not do what was asked.
   */
  export interface NetworkFailure {
    problem: NetworkProblem,
    /**
     * What was attempted, on what, and what the operating system said.
     */
    message: string,
  }
  /**
   * Why an operation did not succeed. More cases may come in a later version: treat what you do not know as
   * you treat `other`.
   */
  export type Error = ErrorTimedOut | ErrorCancelled | ErrorEnded | ErrorUnknownProgram | ErrorInvalidArgument | ErrorLimitReached | ErrorNotReady | ErrorNotFound | ErrorNetwork | ErrorDenied | ErrorTooLong | ErrorOther;
  /**
   * The time given was up. What the operation had registered is undone: a timed-out wait takes nothing away
   * from anybody else.
   */
  export interface ErrorTimedOut {
    tag: 'timed-out',
  }
  /**
   * This coroutine has been cancelled. From now on each of its waits answers so: clean up and return.
   */
  export interface ErrorCancelled {
    tag: 'cancelled',
  }
  /**
   * The other coroutine ended without a value.
   */
  export interface ErrorEnded {
    tag: 'ended',
    val: Failure,
  }
  /**
   * No program of that name may be run from here; the text is the name.
   */
  export interface ErrorUnknownProgram {
    tag: 'unknown-program',
    val: string,
  }
  /**
   * An argument makes no sense; the text says which, and what is allowed.
   */
  export interface ErrorInvalidArgument {
    tag: 'invalid-argument',
    val: string,
  }
  /**
   * A bound of the engine was met; the text names it, its number, and where to change it.
   */
  export interface ErrorLimitReached {
    tag: 'limit-reached',
    val: string,
  }
  /**
   * There is no result to be had yet: wait on the pollable first.
   */
  export interface ErrorNotReady {
    tag: 'not-ready',
  }
  /**
   * Nothing is kept under that name.
   */
  export interface ErrorNotFound {
    tag: 'not-found',
  }
  /**
   * The network, or the machine's part of it, said no.
   */
  export interface ErrorNetwork {
    tag: 'network',
    val: NetworkFailure,
  }
  /**
   * The program was not granted this; the text says what is missing, and where to grant it.
   */
  export interface ErrorDenied {
    tag: 'denied',
    val: string,
  }
  /**
   * A line is longer than was allowed. What was read of it is kept, and can be read.
   */
  export interface ErrorTooLong {
    tag: 'too-long',
  }
  /**
   * Anything else, in words.
   */
  export interface ErrorOther {
    tag: 'other',
    val: string,
  }
}
