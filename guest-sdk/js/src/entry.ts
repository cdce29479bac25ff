/** From the engine's call to the user's function and back. */

import { type Bytes, bytes, isBytes, kind, own } from './bytes.ts';
import { Cancelled, CogenError, Failed, isError } from './error.ts';
import { frames } from './stack.ts';

// The engine of JavaScript has them, and they trap where there is no `wasi:http`. Libraries look whether they are there.
for (const name of ['fetch', 'Headers', 'Request', 'Response']) Reflect.deleteProperty(globalThis, name);

/**
 * The default export of a coroutine's module. It is given what the one that started it gave, and answers what joiners and the
 * caller get; nothing stands for no bytes. What it throws makes the coroutine end as failed: with the message alone if it is a
 * `CogenError`, such as `Failed`, and with the name of its class before that otherwise. The stack goes to standard error.
 *
 * It may be async, for the sake of libraries that are. The operations of this package park all of it even then.
 */
export type Entry = (args: Uint8Array) => Bytes | void | Promise<Bytes | void>;

/** Run an entry from its first to its last byte. What this throws is a text, which is what the engine wants. */
export async function enter(entry: Entry, args: Uint8Array): Promise<Uint8Array> {
  try {
    const value = await entry(own(args));
    return value === undefined ? new Uint8Array() : answer(value);
  } catch (thrown) {
    report(thrown);
    throw reason(thrown);
  }
}

function answer(value: Bytes): Uint8Array {
  if (isBytes(value)) return bytes(value);
  throw new TypeError(`a coroutine answers a Uint8Array, a string or nothing, not ${kind(value)}`);
}

/** Tells where it happened, unless somebody meant it to: whoever gives up has done nothing wrong. */
function report(thrown: unknown): void {
  if (isError(thrown) && !(thrown instanceof Failed || thrown instanceof Cancelled)) {
    console.error([`${named(thrown)}: ${thrown.message}`, ...frames(thrown)].join('\n'));
  }
}

function reason(thrown: unknown): string {
  if (thrown instanceof CogenError) return thrown.message;
  return isError(thrown) ? `${named(thrown)}: ${thrown.message}` : String(thrown);
}

/** What an error calls itself, or the name of its class if it has not said. */
function named(error: Error): string {
  return error.name === 'Error' ? error.constructor.name : error.name;
}
