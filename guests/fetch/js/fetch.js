import { net } from 'cogen';

const AT_A_TIME = 64 * 1024;

export function fetch(address, path) {
  using stream = net.TcpStream.connect(address);
  stream.writeAll(`GET ${path} HTTP/1.0\r\n\r\n`);
  // A character may lie across the end of what is read at a time.
  const decoder = new TextDecoder();
  let [page, count] = ['', 0];
  for (;;) {
    const bytes = stream.read(AT_A_TIME);
    page += decoder.decode(bytes, { stream: bytes.length > 0 });
    count += bytes.length;
    if (bytes.length === 0) break;
  }
  // The console ends each text that it prints with a newline of its own.
  console.log(page.replace(/\n$/, ''));
  return String(count);
}
