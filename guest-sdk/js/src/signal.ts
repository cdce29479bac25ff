/**
 * Named signals, from one coroutine to all that wait for the name now. A signal nobody waits for is gone: signals are not
 * kept. To pass values that must not be lost, say how many `recipients` must be there to take them.
 *
 * Names are any text of 1 to 256 bytes, values are at most 1 MiB; more throws `InvalidArgument`.
 */

import * as engine from 'cogen:engine/signals@0.1.0';
import { type Bytes, askBytes, bytes } from './bytes.ts';
import { ask } from './error.ts';
import { Handle, raw } from './handle.ts';
import { type Options, raw as rawOptions, u32 } from './options.ts';
import { type Wait, blockOn } from './select.ts';

/** How a signal is given. */
export interface SignalOptions extends Options {
  /** Above zero, park first until so many wait for the name. */
  recipients?: number;
}

/**
 * Wake all that wait for `name` now with `value`, in the order they came, and answer how many they were.
 *
 * Throws `OperationTimeout` when the recipients did not come, `Cancelled`, `Denied`, `InvalidArgument` or `LimitReached`.
 */
export function signal(name: string, value: Bytes = '', options: SignalOptions = {}): number {
  const recipients = u32('recipients', options.recipients ?? 0);
  return ask(() => engine.signal(name, bytes(value), recipients, rawOptions(options)));
}

/** Begin a signal with recipients without waiting for them; the timeout is not used. Throws as `signal` does otherwise. */
export function startSignal(name: string, value: Bytes, recipients: number, options: Options = {}): PendingSignal {
  const most = u32('recipients', recipients);
  return new PendingSignal(ask(() => engine.startSignal(name, bytes(value), most, rawOptions(options))));
}

/**
 * Park until somebody signals `name`, and answer the value.
 *
 * Throws `OperationTimeout`, `Cancelled`, `Denied` for a name that this program may not wait for, or `InvalidArgument`.
 */
export function wait(name: string, options: Options = {}): Uint8Array {
  return askBytes(() => engine.waitForSignal(name, rawOptions(options)));
}

/**
 * Begin to wait for `name` without parking. From now on this coroutine counts as one that waits.
 *
 * Throws `Denied`, `InvalidArgument` or `LimitReached`.
 */
export function startWait(name: string): SignalWait {
  return new SignalWait(ask(() => engine.startWait(name)));
}

/** A place in the row of those who wait for a signal, kept until this is closed. It takes one signal. */
export class SignalWait extends Handle<engine.SignalWait> implements Wait {
  /** The value, once: throws `NotReady` until the signal has come, and `InvalidArgument` after that. Never parks. */
  finish(): Uint8Array {
    return askBytes(() => this[raw].finish());
  }

  /** Park until the signal has come, and answer its value. */
  wait(): Uint8Array {
    blockOn(this);
    return this.finish();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}

/** A signal that waits for its recipients. To close it takes the signal back if it was not yet given. */
export class PendingSignal extends Handle<engine.PendingSignal> implements Wait {
  /** How many were woken: throws `NotReady` until the signal has been given. Never parks. */
  finish(): number {
    return ask(() => this[raw].finish());
  }

  /** Park until the signal has been given, and answer how many were woken. */
  wait(): number {
    blockOn(this);
    return this.finish();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}
