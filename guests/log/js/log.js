import { log } from 'cogen';

export function logText(text) {
  log.info(text);
}
