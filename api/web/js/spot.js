// What spot means for a plan: how often an instance is taken back, what is carried on average and at the worst.
import { h } from './dom.js';
import * as words from './words.js';

const times = (fraction) => (fraction > 0.9 && fraction < 1 ? `${(fraction * 100).toFixed(1)}%` : words.percent(fraction));

export function spotRisk(plan) {
  const { spot_risk: risk } = plan;
  if (!risk) return null;
  const often = new Set(plan.lines.filter((line) => line.spot).map((line) => frequency(line)));
  const lost = risk.losses === 1 ? 'any one spot instance is' : `any ${risk.losses} spot instances are`;
  const worst = risk.worst_case_capacity_fraction;
  return h('div', { class: 'notes' },
    h('p', { class: worst < 1 ? 'warning' : '' },
      `Carries ${times(risk.capacity_fraction)} of the load, ${times(risk.expected_capacity_fraction)} on average, `,
      `${times(worst)} after ${lost} taken back`,
      worst < 1 ? `, for about ${words.number(risk.replace_minutes)} minutes.` : '.'),
    [...often].map((text) => h('p', { class: 'soft' }, text)));
}

function frequency({ provider, spot }) {
  const rate = spot.interruptions_per_month;
  const basis = { request: 'as asked', estimate: 'an estimate' }[spot.basis] ?? `reported: ${spot.source}`;
  const often = rate >= 1 ? `${words.number(rate)} times a month` : `once in ${words.number(1 / rate)} months`;
  return `${provider} takes a spot instance back about ${often} (${basis}).`;
}
