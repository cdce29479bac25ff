// All scenarios in one component, since it is the language's engine that takes long to build and much room.

import { Failed, args as given } from 'cogen';

import { callsBar, callsFoo } from '../../calls/js/calls.js';
import { cancel, sleepLong } from '../../cancel/js/cancel.js';
import { contextHandDown, contextRead } from '../../context/js/context.js';
import { echo } from '../../echo/js/echo.js';
import { failure, failureRead, trap } from '../../failure/js/failure.js';
import { fanOut, square } from '../../fan-out/js/fan-out.js';
import { fetch } from '../../fetch/js/fetch.js';
import { hello } from '../../hello/js/hello.js';
import { logText } from '../../log/js/log.js';
import { payload, payloadRead } from '../../payload/js/payload.js';
import { selectFirst } from '../../select/js/select.js';
import { signalsBar, signalsFoo } from '../../signals/js/signals.js';
import { acceptOne, surface } from '../../surface/js/surface.js';
import { yields } from '../../yields/js/yields.js';

const SCENARIOS = new Map([
  ['hello', hello],
  ['calls-foo', callsFoo],
  ['calls-bar', callsBar],
  ['signals-foo', signalsFoo],
  ['signals-bar', signalsBar],
  ['failure', failure],
  ['trap', trap],
  ['failure-read', failureRead],
  ['fan-out', fanOut],
  ['square', square],
  ['select', selectFirst],
  ['cancel', cancel],
  ['sleep-long', sleepLong],
  ['context', contextHandDown],
  ['context-read', contextRead],
  ['echo', echo],
  ['fetch', fetch],
  ['payload', payload],
  ['payload-read', payloadRead],
  ['log', logText],
  ['yields', yields],
  ['surface', surface],
  ['accept-one', acceptOne],
]);

export default function run(args) {
  const [name = '', ...others] = given.split(args);
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) throw new Failed(`there is no scenario ${name}`);
  return scenario(...others);
}
