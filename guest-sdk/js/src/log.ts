/**
 * Messages to the operator. What becomes of them is the host's affair: the `cogen` command writes them to standard error with
 * the program's name in front. A message longer than 64 KiB is cut there. Nothing here parks.
 */

import * as engine from 'cogen:engine/log@0.1.0';
import type { Level } from 'cogen:engine/log@0.1.0';

/** How much a message matters. */
export type { Level };

/** Tell the operator something. */
export function log(level: Level, message: string): void {
  engine.log(level, message);
}

/** Of interest while looking for one particular fault. */
export function trace(message: string): void {
  log('trace', message);
}

/** Of interest to the author of the program. */
export function debug(message: string): void {
  log('debug', message);
}

/** Of interest to the operator on a good day. */
export function info(message: string): void {
  log('info', message);
}

/** Something is not as it should be. */
export function warn(message: string): void {
  log('warn', message);
}

/** Something did not succeed. */
export function error(message: string): void {
  log('error', message);
}
