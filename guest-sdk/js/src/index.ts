/**
 * Write coroutines for cogen in JavaScript and TypeScript.
 *
 * A coroutine is a component with one entry: a function, the default export of a module. It runs alone in its sandbox and
 * asks the engine for everything else. What cannot be done at once *parks* it: the call returns when the result is there, and
 * other coroutines run in the meantime. Nothing here answers a promise; the code reads as if it blocked.
 *
 * ```js
 * import { coroutine, signal, time, text, OperationTimeout } from 'cogen';
 *
 * // Waits for readings of a sensor until none has come for two seconds, and answers how many there were.
 * export default function run(args) {
 *   const sensor = text(args);
 *   // Another program of the same engine runs beside this one and signals what it measures.
 *   const measuring = coroutine.spawn('measure', sensor);
 *   const began = time.now();
 *   let readings = 0;
 *   try {
 *     for (;;) {
 *       const value = signal.wait(sensor, { timeout: 2 });
 *       readings += 1;
 *       console.log(time.now() - began, text(value));
 *     }
 *   } catch (error) {
 *     // The only other way out is to be cancelled: pass it on, and be done.
 *     if (!(error instanceof OperationTimeout)) throw error;
 *   }
 *   measuring.cancel();
 *   return String(readings);
 * }
 * ```
 *
 * - `coroutine`: start others, wait for them, end them
 * - `scope`: start others that end together
 * - `sandbox`: start others that may do less
 * - `signal`: named signals from one to all that wait
 * - `time`: the engine's clock and sleeping
 * - `net`: TCP, UDP and Unix sockets, and names
 * - `handover`: give a socket or a handle to whom one starts
 * - `select`: wait for the first of several things
 * - `context`: values handed down to whom one starts
 * - `log`: messages to the operator
 * - `args`, `text`, `json`: bytes as arguments, as text and as JSON
 *
 * Times are numbers of seconds, bytes are `Uint8Array`s, and where bytes are taken, text may be given, too.
 *
 * What holds something of the engine's (a connection, the handle of a coroutine, a pending call) holds it until it is closed:
 * by `close()`, or at the end of the block with `using`. The collector of garbage is of no help while the coroutine is parked.
 *
 * `console`, `Math.random`, `crypto`, `Date` and timers work as everywhere: they are WASI, which the engine serves, too;
 * `fetch` is not there. A module is imported when its component is built, and its state then is what each coroutine begins
 * with: chance and all that asks the engine belong into functions.
 *
 * @module
 */

export * as args from './args.ts';
export * as context from './context.ts';
export * as coroutine from './coroutine.ts';
export * as handover from './handover.ts';
export * as json from './json.ts';
export * as log from './log.ts';
export * as net from './net/index.ts';
export * as sandbox from './sandbox.ts';
export * as signal from './signal.ts';
export * as time from './time.ts';

export { text, type Bytes } from './bytes.ts';
export type { Entry } from './entry.ts';
export {
  Cancelled,
  CogenError,
  Denied,
  Ended,
  Failed,
  InvalidArgument,
  LimitReached,
  NetworkError,
  NotFound,
  NotReady,
  OperationTimeout,
  TooLong,
  UnknownProgram,
  type Ending,
  type Failure,
  type NetworkProblem,
} from './error.ts';
export type { Options, Priority } from './options.ts';
export { Scope, ScopeError, scope } from './scope.ts';
export { select, type Wait } from './select.ts';
