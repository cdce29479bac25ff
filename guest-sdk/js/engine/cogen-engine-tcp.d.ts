/// <reference path="./cogen-engine-connections.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
declare module 'cogen:engine/tcp@0.1.0' {
  /**
   * Park until there is a connection to `address`. Of a name with several addresses the last failure is told. `local` is the
   * address to connect from, or empty for any.
   * 
   * Grant: a rule of `connect` for the host with this port; a name may also be one of `resolve`, if rules with numbers mean the
   * addresses. The last 256 addresses that `names.resolve` has answered count as the names that they were answered for.
   * 
   * Fails with `network`, `timed-out`, `cancelled`, `denied` (also when no address of a name is left), `invalid-argument`, or
   * `limit-reached` (no more descriptors).
   */
  export function connect(address: string, local: string, options: Options): Connection;
  /**
   * Begin to connect without parking. Grant: as `connect`; what can be said at once is said here, the rest by the answer.
   */
  export function startConnect(address: string, local: string): PendingConnect;
  /**
   * Listen at `address`, an IP address with a port; port zero lets the system choose one. The address can be used again at
   * once when the listener is gone. Never parks. Grant: a rule of `listen` for the address with this port, zero being one.
   * 
   * Fails with `network`, `denied`, `invalid-argument` or `limit-reached`.
   */
  export function listen(address: string, options: ListenOptions): Listener;
  /**
   * Whether small writes are sent at once (`TCP_NODELAY`) instead of being gathered while the peer has yet to acknowledge
   * earlier ones. The system's default is not.
   */
  export function nodelay(connection: Connection): boolean;
  export function setNodelay(connection: Connection, on: boolean): void;
  /**
   * Let the system ask a silent peer every so often whether it is still there, or not any more with zero. Seconds are the
   * finest that systems know.
   */
  export function setKeepAlive(connection: Connection, every: Duration): void;
  /**
   * How much the system keeps for the connection in each direction, in bytes: received and not yet read, written and not yet sent.
   */
  export function bufferSizes(connection: Connection): [number, number];
  /**
   * Ask for other sizes. The system may give others than asked for (Linux doubles them); zero leaves one as it is.
   */
  export function setBufferSizes(connection: Connection, receive: number, send: number): void;
  export type Duration = import('cogen:engine/types@0.1.0').Duration;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Connection = import('cogen:engine/connections@0.1.0').Connection;
  export type Listener = import('cogen:engine/connections@0.1.0').Listener;
  export type PendingConnect = import('cogen:engine/connections@0.1.0').PendingConnect;
  /**
   * How to listen.
   */
  export interface ListenOptions {
    /**
     * How many may have connected and not been accepted yet; the system may allow fewer. Zero stands for 1,024.
     */
    backlog: number,
    /**
     * Let other sockets listen at the same address, which share those who connect. Not everywhere.
     */
    reusePort: boolean,
    /**
     * On an IPv6 address, do not listen for IPv4.
     */
    onlyV6: boolean,
  }
}
