import { select, signal, text, time } from 'cogen';

export function selectFirst(seconds) {
  using go = signal.startWait('go');
  const patience = new time.Sleep(Number(seconds));
  return select(go, patience) === go ? `signal ${text(go.finish())}` : 'time';
}
