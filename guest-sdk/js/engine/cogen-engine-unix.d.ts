/// <reference path="./cogen-engine-connections.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
declare module 'cogen:engine/unix@0.1.0' {
  /**
   * Park until there is a connection to the socket at `path`.
   * 
   * Fails with `network`, `timed-out`, `cancelled`, `denied`, `invalid-argument` or `limit-reached`.
   */
  export function connect(path: string, options: Options): Connection;
  /**
   * Begin to connect without parking.
   */
  export function startConnect(path: string): PendingConnect;
  /**
   * Listen at `path`. A socket that is there and that nobody listens to any more is replaced; the file is removed when the
   * listener goes. A `backlog` of zero stands for 1,024. Never parks.
   * 
   * Fails with `network`, `denied`, `invalid-argument` or `limit-reached`.
   */
  export function listen(path: string, backlog: number): Listener;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Connection = import('cogen:engine/connections@0.1.0').Connection;
  export type Listener = import('cogen:engine/connections@0.1.0').Listener;
  export type PendingConnect = import('cogen:engine/connections@0.1.0').PendingConnect;
}
