/** Values that travel as JSON, as argument or as result of a coroutine. */

import { kind, text } from './bytes.ts';
import { InvalidArgument } from './error.ts';

/** The bytes of a value's JSON. Throws `InvalidArgument` when JSON has no way to write it. */
export function toBytes(value: unknown): Uint8Array {
  const written = writable(value);
  if (written === undefined) throw new InvalidArgument(`JSON has no way to write ${kind(value)}`);
  return new TextEncoder().encode(written);
}

function writable(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new InvalidArgument(`the value cannot be written as JSON: ${(error as Error).message}`);
  }
}

/** The value that these bytes, or this text, are the JSON of. Throws `InvalidArgument` when they are none. */
export function fromBytes(bytes: Uint8Array | string): unknown {
  const written = typeof bytes === 'string' ? bytes : text(bytes);
  try {
    return JSON.parse(written);
  } catch (error) {
    throw new InvalidArgument(`this is no JSON: ${(error as Error).message}`);
  }
}
