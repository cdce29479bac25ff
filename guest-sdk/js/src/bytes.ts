/** Bytes, and what goes for them. */

import { InvalidArgument, ask } from './error.ts';

/** Bytes, or text that is sent as UTF-8. */
export type Bytes = Uint8Array | string;

/** The text that these bytes are in UTF-8. Throws `InvalidArgument` when they are not. */
export function text(bytes: Uint8Array): string {
  if (!ArrayBuffer.isView(bytes)) throw new InvalidArgument(`bytes are a Uint8Array, not ${kind(bytes)}`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidArgument('the bytes are not UTF-8 text');
  }
}

/** The bytes to send. Throws `InvalidArgument` for what is neither bytes nor text. */
export function bytes(value: Bytes): Uint8Array {
  if (!isBytes(value)) throw new InvalidArgument(`bytes are a Uint8Array or a string, not ${kind(value)}`);
  return typeof value === 'string' ? new TextEncoder().encode(value) : own(value);
}

/** A text that is asked for by this name, and is one. */
export function string(name: string, value: string): string {
  if (typeof value !== 'string') throw new InvalidArgument(`${name} is a string, not ${kind(value)}`);
  return value;
}

/** Whether a value goes for bytes, of whatever global object its class is. */
export function isBytes(value: unknown): value is Bytes {
  return typeof value === 'string' || ArrayBuffer.isView(value);
}

/** The same bytes as a `Uint8Array` of this module's: the bindings have a global object, and with it classes, of their own. */
export function own({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Do what asks the engine for bytes, as `ask` does. */
export function askBytes(operation: () => Uint8Array): Uint8Array {
  return own(ask(operation));
}

/** What a value is, to be named in an error. */
export function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'without a class'})` : `a ${typeof value}`;
}
