// Renders what a word was worth, if there is one, and the leaders as a chart.

import { json } from 'cogen';

/** How many characters the bar of the first has. */
const WIDEST = 30;

export default function run(args) {
  const { player, word, points, leaders, players } = json.fromBytes(args);
  const lines = [];
  if (word !== undefined) lines.push(`${player} gets ${points} for ${word}.`);
  lines.push(...chart(leaders));
  if (players > leaders.length) lines.push(`and ${players - leaders.length} more`);
  return lines.length > 0 ? lines.join('\n') : 'Nobody has played yet.';
}

/** A line for each: the name, the points, and a bar that is as long as the points are many. */
function chart(leaders) {
  const widest = (texts) => Math.max(...texts.map((text) => text.length));
  const name = widest(leaders.map(({ player }) => player));
  const number = widest(leaders.map(({ points }) => String(points)));
  return leaders.map(({ player, points }) => {
    const bar = '#'.repeat(Math.ceil((points / leaders[0].points) * WIDEST));
    return `${player.padEnd(name)}  ${String(points).padStart(number)}  ${bar}`;
  });
}
