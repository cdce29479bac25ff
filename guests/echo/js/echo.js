import { handover, net } from 'cogen';

const LONGEST = 8192;

export function echo() {
  using connection = handover.take(net.Connection);
  for (;;) {
    const line = connection.readLine(LONGEST);
    if (line.length === 0) return;
    connection.writeAll(line);
  }
}
