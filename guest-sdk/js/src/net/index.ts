/** TCP, UDP and Unix sockets, and names. */

export { Connection, Listener, PendingConnect } from './connections.ts';
export { PendingResolve, resolve, startResolve } from './names.ts';
export { TcpListener, TcpStream, type ConnectOptions, type ListenOptions } from './tcp.ts';
export { UdpSocket } from './udp.ts';
export { UnixListener, UnixStream } from './unix.ts';
