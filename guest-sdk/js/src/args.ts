/** What the entry of a coroutine is given. */

/**
 * The arguments of a command line, as `cogen run program.wasm -- a b` passes them: joined by NUL bytes, with one more behind
 * the last if that is empty. Without any bytes there are no arguments. What is not UTF-8 in them is replaced by U+FFFD.
 */
export function split(args: Uint8Array): string[] {
  if (args.length === 0) return [];
  const end = args.at(-1) === 0 ? -1 : args.length;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(args.subarray(0, end)).split('\0');
}

/** Join arguments so that `split` finds them again. Those that have a NUL in them come out as several. */
export function join(args: readonly string[]): string {
  return args.join('\0') + (args.at(-1) === '' ? '\0' : '');
}
