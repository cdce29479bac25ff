/** Bytes, and what goes for them. */

import { InvalidArgument } from './error.ts';

/** Bytes, or text that is sent as UTF-8. */
export type Bytes = Uint8Array | string;

/** The text that these bytes are in UTF-8. Throws `InvalidArgument` when they are not. */
export function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidArgument('the bytes are not UTF-8 text');
  }
}

/** The bytes to send. Throws `InvalidArgument` for what is neither bytes nor text. */
export function bytes(value: Bytes): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  throw new InvalidArgument(`bytes are a Uint8Array or a string, not ${kind(value)}`);
}

/** What a value is, to be named in an error. */
export function kind(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'without a class'})` : `a ${typeof value}`;
}
