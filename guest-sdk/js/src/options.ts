/** How long an operation may wait, and who runs first after it. */

import type { Options as RawOptions, Priority, Timeout } from 'cogen:engine/types@0.1.0';
import { kind } from './bytes.ts';
import { InvalidArgument } from './error.ts';

/**
 * Who goes first when an operation makes several coroutines able to run. Order is only promised between coroutines of one
 * worker.
 *
 * - `default`: the program's default, else the engine's, which is `last` unless configured
 * - `last`: everybody goes to the back of the queue: the woken first, then the one that asked
 * - `operation`: the woken go to the front of the queue, the one that asked to the back
 * - `coroutine`: the one that asked goes on first; the woken go to the back
 * - `first`: the one that asked goes on first, then the woken, before everybody else
 */
export type { Priority };

/** How an operation waits and whom it lets pass. What is left out is as the program or the engine is configured. */
export interface Options {
  /**
   * Wait at most so many seconds, counted from the moment the operation is asked for; `Infinity` is for ever, whatever the
   * defaults say. Zero means "try once": what cannot be done without waiting throws `OperationTimeout` at once.
   */
  timeout?: number;
  /** Wait until this moment of `time.now()` at the latest. One that has passed means "try once". */
  deadline?: number;
  /** Who goes first. */
  priority?: Priority;
}

/** The options as the engine takes them. */
export function raw(options: Options): RawOptions {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgument(`options are an object, as in { timeout: 1 }, not ${describe(options)}`);
  }
  const { timeout, deadline, priority = 'default' } = options;
  if (!PRIORITIES.includes(priority)) {
    throw new InvalidArgument(`a priority is one of ${PRIORITIES.join(', ')}, not ${JSON.stringify(priority)}`);
  }
  return { timeout: rawTimeout(timeout, deadline), priority };
}

const PRIORITIES: readonly Priority[] = ['default', 'last', 'operation', 'coroutine', 'first'];

/** Of a timeout and a deadline the one that is given. */
function rawTimeout(timeout?: number, deadline?: number): Timeout {
  if (timeout !== undefined && deadline !== undefined) {
    throw new InvalidArgument('an operation has a timeout or a deadline, not both');
  }
  if (timeout !== undefined) return timeout === Infinity ? NEVER : { tag: 'within', val: nanoseconds('timeout', timeout) };
  if (deadline !== undefined) return deadline === Infinity ? NEVER : { tag: 'by', val: moment(deadline) };
  return { tag: 'default' };
}

const NEVER: Timeout = { tag: 'never' };

/** The engine's clock counts so far. */
const LAST = 2n ** 64n - 1n;

/** Seconds as the engine counts them, rounded up: nobody waits for less. More than its clock can count is its last moment. */
export function nanoseconds(name: string, seconds: number): bigint {
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw new InvalidArgument(`${name} is a number of seconds, zero or more, not ${describe(seconds)}`);
  }
  if (seconds === Infinity) return LAST;
  // Whole seconds and the rest apart: their product would lose the last digits.
  const whole = Math.floor(seconds);
  const all = BigInt(whole) * 1_000_000_000n + BigInt(Math.ceil((seconds - whole) * 1e9));
  return all < LAST ? all : LAST;
}

/** A moment as the engine counts it. The clock begins at zero, and what is before that has passed, too. */
export function moment(deadline: number): bigint {
  return nanoseconds('deadline', deadline < 0 ? 0 : deadline);
}

/** The moment so much later. The clock's last moment stands for all that would be later than it. */
export function later(moment: bigint, duration: bigint): bigint {
  return moment + duration < LAST ? moment + duration : LAST;
}

/** What the engine has counted, in seconds. */
export function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}

/** A count as the engine takes it, which would otherwise wrap around. */
export function u32(name: string, value: number): number {
  return whole(name, value, 2 ** 32 - 1);
}

/** As `u32`, for counts that may be larger than memory is. */
export function u64(name: string, value: number): bigint {
  return BigInt(whole(name, value, Number.MAX_SAFE_INTEGER));
}

function whole(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new InvalidArgument(`${name} is a whole number from 0 to ${most}, not ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : kind(value);
}
