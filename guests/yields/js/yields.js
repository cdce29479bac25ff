import { time } from 'cogen';

export function yields(count) {
  for (let left = Number(count); left > 0; left--) time.yieldNow();
}
