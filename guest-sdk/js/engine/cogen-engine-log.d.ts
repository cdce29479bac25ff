declare module 'cogen:engine/log@0.1.0' {
  /**
   * Tell the operator something. A message longer than 64 KiB is cut there.
   */
  export function log(level: Level, message: string): void;
  /**
   * How much a message matters.
   * # Variants
   * 
   * ## `"trace"`
   * 
   * ## `"debug"`
   * 
   * ## `"info"`
   * 
   * ## `"warn"`
   * 
   * ## `"error"`
   */
  export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
}
