/**
 * Named values that a coroutine hands down: whoever it spawns or calls begins with a copy of what is set at that moment. A
 * change is seen by this coroutine and by those it starts afterwards, by nobody else. Nothing here parks.
 *
 * A context holds at most 64 values under names of 1 to 256 bytes, and 64 KiB of names and values in all.
 */

import * as engine from 'cogen:engine/context@0.1.0';
import { type Bytes, askBytes, bytes } from './bytes.ts';
import { ask } from './error.ts';

/** The value under `name`. Throws `NotFound`. */
export function get(name: string): Uint8Array {
  return askBytes(() => engine.get(name));
}

/** Set the value under `name`. Throws `InvalidArgument` or `LimitReached`. */
export function set(name: string, value: Bytes): void {
  ask(() => engine.set(name, bytes(value)));
}

/** Forget the value under `name`; that it was not there is no error. */
export function remove(name: string): void {
  engine.remove(name);
}

/** The names that are set, in order. */
export function names(): string[] {
  return engine.names();
}
