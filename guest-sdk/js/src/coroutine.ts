/** Start other coroutines, wait for them, and end them. */

import * as engine from 'cogen:engine/coroutines@0.1.0';
import type { Failure, State } from 'cogen:engine/coroutines@0.1.0';
import { type Bytes, askBytes, bytes, own } from './bytes.ts';
import { ask } from './error.ts';
import { Handle, raw } from './handle.ts';
import { type Options, raw as rawOptions } from './options.ts';
import { type Wait, blockOn } from './select.ts';

/**
 * Where a coroutine is in its life: made and not yet started, waiting for its turn on its worker, running now, waiting for
 * something to happen, or over.
 */
export type { State };

/** A coroutine as seen at one moment. */
export interface Info {
  /** Its identity, unique in its engine and never used again. It carries no authority: to act on it, hold a `Coroutine`. */
  id: bigint;
  /** The program it runs. */
  program: string;
  /** Who spawned or called it; left out when it was started from outside. */
  parent?: bigint;
  state: State;
}

/** How a coroutine ended: with a value, or without. */
export type Outcome = { returned: Uint8Array; failed?: never } | { failed: Failure; returned?: never };

/**
 * Start a coroutine that runs `program` with `args`, and answer its handle. The engine chooses the worker; the new coroutine
 * runs before this one goes on, unless the priority says otherwise. The timeout is not used.
 *
 * Throws `Denied`, `UnknownProgram`, `LimitReached`, `Cancelled`, or `InvalidArgument` when `args` is larger than 16 MiB.
 */
export function spawn(program: string, args: Bytes = '', options: Options = {}): Coroutine {
  return new Coroutine(ask(() => engine.spawn(program, bytes(args), rawOptions(options))));
}

/**
 * Run `program` with `args` as a coroutine, park until it has ended, and answer what it returned. When the time is up, or
 * this coroutine ends, the callee is killed.
 *
 * Throws `Ended` when it ended without a value, `OperationTimeout`, and as `spawn` does.
 */
export function call(program: string, args: Bytes = '', options: Options = {}): Uint8Array {
  return askBytes(() => engine.call(program, bytes(args), rawOptions(options)));
}

/** Begin a call without waiting for its end. Throws as `call` does, but for `Ended` and `OperationTimeout`. */
export function startCall(program: string, args: Bytes = ''): PendingCall {
  return new PendingCall(ask(() => engine.startCall(program, bytes(args))));
}

/** The handle of this coroutine itself. */
export function current(): Coroutine {
  return new Coroutine(engine.current());
}

/** A handle of a coroutine. To close it neither ends nor detaches anything: the coroutine runs on. */
export class Coroutine extends Handle<engine.Coroutine> implements Wait {
  /** @internal */
  static readonly KIND: string = 'a coroutine';

  /** What the engine knows of it now. Never parks. */
  info(): Info {
    return this[raw].info();
  }

  /**
   * Park until the coroutine has ended, and answer what it returned. Many may join one coroutine, and one may join many times.
   *
   * Throws `Ended`, `OperationTimeout`, `Cancelled`, or `InvalidArgument` when a coroutine joins itself.
   */
  join(options: Options = {}): Uint8Array {
    return askBytes(() => this[raw].join(rawOptions(options)));
  }

  /**
   * Park until the coroutine has ended, and answer how. Whatever it did is an answer: what throws is the wait alone, with
   * `OperationTimeout`, `Cancelled`, or `InvalidArgument` when a coroutine waits for itself.
   */
  outcome(options: Options = {}): Outcome {
    const outcome = ask(() => this[raw].outcome(rawOptions(options)));
    return outcome.tag === 'returned' ? { returned: own(outcome.val) } : { failed: outcome.val };
  }

  /** Another handle of the same coroutine, for instance to be given to another one (`handover`). */
  share(): Coroutine {
    return new Coroutine(this[raw].share());
  }

  /**
   * Ask the coroutine to end: its present wait, and each later one, throws `Cancelled`. Never parks, and does not wait for it
   * to comply; of an ended coroutine it does nothing.
   *
   * Throws `Denied` for one that this coroutine neither is nor has started, unless it is granted its program (`cancel`).
   */
  cancel(): void {
    ask(() => this[raw].cancel());
  }

  /**
   * End the coroutine now, wherever it is, with whatever it has called. Never parks. A coroutine that kills itself does not
   * return from this.
   *
   * Throws as `cancel` does.
   */
  kill(): void {
    ask(() => this[raw].kill());
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}

/** A call under way. To close it kills the callee if it has not ended. */
export class PendingCall extends Handle<engine.PendingCall> implements Wait {
  /**
   * The answer, once: throws `NotReady` while the callee runs, then answers or throws as `call` would have, then throws
   * `InvalidArgument`. Never parks.
   */
  finish(): Uint8Array {
    return askBytes(() => this[raw].finish());
  }

  /** Park until the callee has ended, and answer or throw as `call` would have. */
  wait(): Uint8Array {
    blockOn(this);
    return this.finish();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}
