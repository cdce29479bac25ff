/**
 * Start others that may do less than their programs are granted, and use less.
 *
 * ```js
 * // Runs a program that it does not trust: for a second at most, with one server to talk to.
 * const bounds = { grants: [{ connect: 'example.org:443' }], times: { 'cpu-time': 1 }, limits: { memory: 16 << 20 } };
 * return sandbox.call('untrusted', args, bounds);
 * ```
 *
 * What is left to a coroutine holds for it and for all that it starts, and they start. Nobody gets more than the grants of its
 * own program either. What it is refused because of that throws `Denied`.
 */

import * as engine from 'cogen:engine/sandbox@0.1.0';
import { type Bytes, askBytes, bytes, kind, string } from './bytes.ts';
import { Coroutine } from './coroutine.ts';
import { InvalidArgument, ask } from './error.ts';
import { type Thing, given } from './handover.ts';
import { type Options, nanoseconds, raw as rawOptions, u64 } from './options.ts';

/** A kind of grant, as a rule of `[program.NAME.allow]` has it. */
export type GrantKind = engine.Grant['tag'];

/** One thing that is left to a coroutine: `{ connect: 'example.org:443' }`, `{ spawn: 'worker-*' }`. */
export type Grant = { [Kind in GrantKind]: Record<Kind, string> }[GrantKind];

/** What is left to a coroutine of that which its program has. */
export interface Bounds {
  /** All that its program is granted; what this coroutine may do itself; or this, at most 64, and nothing else. */
  grants: 'own' | 'within-mine' | readonly Grant[];
  /**
   * At most so much of what these keys of `[program.NAME.limits]` bound for each coroutine, in its unit: bytes, nanoseconds, or a
   * number.
   */
  limits?: Readonly<Record<string, number>>;
  /** As `limits`, for those that are a length of time: in seconds. */
  times?: Readonly<Record<string, number>>;
}

/**
 * As `coroutine.spawn`, within bounds, and giving it `things` as `handover.spawn` does.
 *
 * Throws as that does, `InvalidArgument` for a grant or a limit that is none, and `LimitReached` when grants have been narrowed
 * 16 times above one another.
 */
export function spawn(
  program: string,
  args: Bytes,
  bounds: Bounds,
  options: Options & { things?: readonly Thing[] } = {},
): Coroutine {
  const [name, value, within, how] = [string('program', program), bytes(args), raw(bounds), rawOptions(options)];
  return new Coroutine(ask(() => engine.spawn(name, value, given(options.things ?? []), within, how)));
}

/** As `coroutine.call`, within bounds. Throws as that and `spawn` do. */
export function call(program: string, args: Bytes, bounds: Bounds, options: Options = {}): Uint8Array {
  return askBytes(() => engine.call(program, bytes(args), raw(bounds), rawOptions(options)));
}

function raw({ grants, limits = {}, times = {} }: Bounds): engine.Bounds {
  const counted = Object.entries(limits).map(([key, most]) => ({ key, most: u64(key, most) }));
  const timed = Object.entries(times).map(([key, most]) => ({ key, most: nanoseconds(key, most) }));
  return { grants: rawGrants(grants), limits: [...counted, ...timed] };
}

function rawGrants(grants: Bounds['grants']): engine.Grants {
  return typeof grants === 'string' ? { tag: grants } : { tag: 'only', val: grants.map(rawGrant) };
}

function rawGrant(grant: Grant): engine.Grant {
  const [only, ...more] = Object.entries(grant);
  if (only === undefined || more.length > 0) {
    throw new InvalidArgument(`a grant is one kind with one rule, not ${kind(grant)} with ${more.length + (only ? 1 : 0)}`);
  }
  return { tag: only[0] as GrantKind, val: only[1] };
}
