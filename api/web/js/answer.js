// The answer: what to rent, what it does, why, what else; or what would have to change.
import { chartsOf } from './charts.js';
import { h } from './dom.js';
import { described, machine } from './machine.js';
import { applied, resolved } from './request.js';
import { spotRisk } from './spot.js';
import { take } from './take.js';
import * as words from './words.js';

// `edit(request)` asks again with a changed request.
export function answer(plan, edit) {
  const parts = plan.status === 'infeasible' ? nothing(plan, edit) : found(plan, edit);
  return [...parts, reading(plan), take(plan)];
}

export function failed(failure) {
  return h('div', { class: 'card failed', role: 'alert' },
    h('h2', {}, words.sentence(failure.message)),
    failure.hint && h('p', {}, words.sentence(failure.hint)),
    failure.fields?.length > 0 && h('ul', {}, failure.fields.map((field) => h('li', {}, `${field.loc}: ${field.msg}`))));
}

export function loading() {
  return h('div', { class: 'card skeleton', role: 'status' },
    h('span', { class: 'hidden' }, 'Solving'), ...['short', 'wide', 'tall', 'wide'].map((kind) => h('i', { class: kind })));
}

export function empty() {
  const parts = [
    ['Physics', 'Memory and speed of every layout on every machine, calibrated on published runs. Each number has its interval.'],
    ['Prices', 'Dated offers of hyperscalers, neoclouds and, if you allow them, marketplace hosts. Each has its source.'],
    ['Proof', 'An exact optimizer finds the cheapest fleet, proves that none is cheaper, and says what would change it.'],
  ];
  return h('div', { class: 'welcome' }, parts.map(([name, text]) => h('section', { class: 'card' }, h('h2', {}, name), h('p', { class: 'soft' }, text))));
}

function found(plan, edit) {
  return [
    decision(plan),
    whatIfs(plan, edit),
    others(plan),
    why(plan),
    chartsOf(plan),
    evidence(plan),
  ];
}

function decision(plan) {
  const alone = plan.lines.length === 1;
  const price = plan.usd_per_million_output_tokens;
  return h('article', { class: 'card decision' },
    h('header', {},
      h('div', { class: 'cost' },
        h('p', { class: 'hour' }, h('strong', {}, words.money(plan.cost_usd_per_hour)), h('span', {}, ' / hour')),
        h('p', { class: 'month' }, `${words.money(plan.cost_usd_per_month)} / month`),
        price.at_offered_load != null && h('p', { class: 'soft' },
          `${words.perMillion(price.at_offered_load)} per million output tokens at this load, ${words.perMillion(price.at_saturation)} when full`)),
      proof(plan.certificate)),
    plan.lines.map((line) => configuration(line, plan, alone)),
    spotRisk(plan));
}

function proof(certificate) {
  const proved = certificate.proved_optimal && !certificate.gap_fraction;
  const text = proved ? 'Proved cheapest' : `Within ${((certificate.gap_fraction ?? 0) * 100).toFixed(1)}% of the best possible`;
  const bound = `No fleet costs less than ${words.money(certificate.bound_usd_per_hour)}/h (${certificate.solver}).` +
    (certificate.verified ? ' Checked again by code that shares nothing with the optimizer.' : '');
  return h('p', { class: proved ? 'badge good' : 'badge', title: bound }, proved ? '✓ ' : '', text);
}

function configuration(line, plan, alone) {
  const place = [line.provider, line.zone || line.region, words.term(line.term)].join(' · ');
  const layout = [words.format(line.quantization), words.engine(line.engine), `tensor parallel ${line.tensor_parallel}`];
  if (line.pipeline_parallel > 1) layout.push(`pipeline ${line.pipeline_parallel}`);
  if (line.replicas > 1) layout.push(`${line.replicas} replicas`);
  return h('section', { class: 'configuration' },
    h('h2', {}, `${line.count} × ${line.instance_type}`,
      !alone && h('span', { class: 'line-cost' }, `${words.money(line.usd_per_hour * line.count)}/h`)),
    h('p', { class: 'soft' }, place),
    h('p', {}, h('b', {}, `${line.count * line.gpus_per_instance} × ${words.gpu(line.gpu)}`), ` · ${layout.join(' · ')}`),
    h('div', { class: 'side-by-side' },
      h('div', {}, h('figure', {}, machine(line), line.count > 4 && h('figcaption', {}, described(line))), memory(line)),
      figures(line, plan)),
    notes(line));
}

function figures(line, plan) {
  const { performance: done } = line;
  const asked = askedSpeed(plan.request);
  const chat = done.ttft_s.value <= 2 ? 'soon enough for chat' : 'slow for chat';
  const chance = done.target_probability;
  return h('dl', { class: 'figures' },
    figure('Speed', words.number(done.tok_per_s_per_user.value), 'tok/s per user', done.tok_per_s_per_user, asked,
      asked ? `asked for ${words.number(asked)}` : 'no speed asked for'),
    figure('First token', words.number(done.ttft_s.value), 's', done.ttft_s, plan.request.slo.ttft_s,
      plan.request.slo.ttft_s ? `asked for ${plan.request.slo.ttft_s} s` : chat),
    figure('Load', words.percent(done.utilization), 'of what it carries', null, null,
      `${words.number(done.output_tok_per_s.value * line.replicas)} tok/s in all, up to ${words.plural(done.max_concurrency, 'stream')} a replica`),
    chance != null && figure('Targets kept', chance >= 0.995 ? '>99%' : `${Math.min(99, Math.round(chance * 100))}%`, 'likely', null, null,
      chance < 0.8 ? 'by the spread of comparable runs: add “90% sure” to the question' : 'by the spread of comparable runs'));
}

function askedSpeed({ workload, slo }) {
  const asked = [workload.tok_per_s_per_user, slo.tok_per_s_per_user, slo.tpot_ms && 1000 / slo.tpot_ms];
  return Math.max(0, ...asked.filter(Boolean)) || null;
}

function figure(name, value, unit, estimate, asked, note) {
  return h('div', {}, h('dt', {}, name),
    h('dd', {}, h('strong', {}, value), ` ${unit}`, estimate && interval(estimate, asked, unit), h('span', { class: 'soft' }, note)));
}

// The 80% interval as a bar, the estimate as a dot, what was asked as a tick; the axis starts at zero.
function interval(estimate, asked, unit) {
  const most = Math.max(estimate.high, asked ?? 0) * 1.08;
  const at = (value) => `${(Math.max(0, Math.min(1, value / most)) * 100).toFixed(1)}%`;
  const text = `${words.number(estimate.low)} to ${words.number(estimate.high)}`;
  const bar = h('span', { class: 'interval', title: `80% interval: ${text} ${unit}` },
    h('i', { class: 'range' }), h('i', { class: 'point' }), asked && h('i', { class: 'asked' }));
  const [range, point, tick] = bar.children;
  range.style.left = at(estimate.low);
  range.style.width = `${((Math.min(estimate.high, most) - estimate.low) / most * 100).toFixed(1)}%`;
  point.style.left = at(estimate.value);
  if (tick) tick.style.left = at(asked);
  return [bar, h('span', { class: 'soft' }, `${text}, 8 times in 10`)];
}

function memory(line) {
  const { memory: bill } = line;
  const gpus = line.tensor_parallel * line.pipeline_parallel;
  const parts = [['weights', bill.weights_gib / gpus], ['KV cache', bill.kv_cache_gib / gpus], ['engine', bill.overhead_gib / gpus]];
  const free = Math.max(0, bill.usable_gib_per_gpu - bill.used_gib_per_gpu);
  const text = `${bill.used_gib_per_gpu.toFixed(1)} of ${bill.usable_gib_per_gpu.toFixed(1)} GiB used on each GPU`;
  const all = [...parts, ['free', free]];
  const bar = h('div', { class: 'memory-bar', role: 'img', 'aria-label': `${text}: ${all.map(([name, gib]) => `${name} ${gib.toFixed(1)}`).join(', ')}` },
    all.map(([name, gib], place) => h('i', { class: `part-${place}`, title: `${name}: ${gib.toFixed(1)} GiB` })));
  all.forEach(([, gib], place) => { bar.children[place].style.flexGrow = gib; });
  return h('div', { class: 'memory' }, h('p', {}, h('b', {}, 'Memory'), ` ${text}`), bar,
    h('ul', { class: 'legend' }, all.map(([name, gib], place) => h('li', {}, h('i', { class: `part-${place}` }), `${name} ${gib.toFixed(1)}`))));
}

function notes(line) {
  const ranged = line.observed_until && line.observed_until !== line.observed_at;
  const seen = ranged ? `between ${line.observed_at} and ${line.observed_until}, up to` : `${line.observed_at},`;
  const days = words.age(line.observed_at);
  return h('div', { class: 'notes' },
    line.warnings.map((warning) => h('p', { class: 'warning' }, words.sentence(warning))),
    h('p', { class: 'soft' }, `Price seen ${seen} ${words.plural(days, 'day')} ago: `,
      h('a', { href: line.source_url, rel: 'noopener noreferrer', target: '_blank' }, line.source)));
}

function whatIfs(plan, edit) {
  const { what_if: stricter, binding: looser } = plan.explanation;
  const all = [
    ...stricter.map((one) => [one.change, one.cost_usd_per_hour == null ? 'not to be had' : `${words.money(one.cost_usd_per_hour)}/h`, '']),
    ...looser.map((one) => [one.change, `saves ${words.money(one.saving_usd_per_hour)}/h`, 'good']),
  ];
  if (!all.length) return null;
  return h('section', { class: 'card' }, h('h2', {}, 'What if'),
    h('div', { class: 'what-ifs' }, all.map(([change, price, kind]) => {
      const request = price === 'not to be had' ? null : applied(plan.request, change);
      const inside = [h('b', {}, change), h('span', { class: kind }, price)];
      return request ? h('button', { type: 'button', class: 'what-if', onclick: () => edit(request) }, inside)
        : h('div', { class: 'what-if' }, inside);
    })));
}

const SHOWN_FIRST = 7;
const GROUPS = [['gpu', 'Another GPU'], ['quantization', 'Another weight format'], ['tier', 'Another trust tier'], ['term', 'Another term']];

function others(plan) {
  const runnerUp = plan.alternatives.filter((other) => other.label === 'runner-up');
  const groups = GROUPS.map(([kind, title]) => [title, plan.alternatives.filter((other) => other.label.startsWith(`${kind}: `))]);
  if (!plan.alternatives.length) return null;
  return h('section', { class: 'card' }, h('h2', {}, 'Instead'),
    runnerUp.map((other) => h('p', {}, 'The runner-up: ', h('b', {}, `${words.money(other.cost_usd_per_hour)}/h`), ` ${fleet(other)}`)),
    groups.filter(([, all]) => all.length).map(([title, all], place) => h('details', { open: place === 0 },
      h('summary', {}, title, h('span', { class: 'soft' }, ` ${all.length}`)), compared(all, plan))));
}

function compared(all, plan) {
  const sorted = [...all].sort((one, other) => one.cost_usd_per_hour - other.cost_usd_per_hour);
  const rest = sorted.slice(SHOWN_FIRST);
  return [table(sorted.slice(0, SHOWN_FIRST), plan),
    rest.length > 0 && h('details', {}, h('summary', { class: 'soft' }, `${rest.length} dearer ones`), table(rest, plan))];
}

function table(others, plan) {
  const dearest = others.at(-1).cost_usd_per_hour;
  const rows = others.map((other) => {
    const bar = h('i', { class: 'price-bar' });
    bar.style.width = `${Math.max(2, (other.cost_usd_per_hour / dearest) * 100)}%`;
    const same = Math.abs(other.cost_usd_per_hour - plan.cost_usd_per_hour) < 0.005;
    return h('tr', { class: same ? 'chosen' : null },
      h('th', { scope: 'row' }, named(other.label)),
      h('td', { class: 'number' }, `${words.money(other.cost_usd_per_hour)}/h`), h('td', { class: 'bar-cell' }, bar),
      h('td', {}, fleet(other)));
  });
  return h('table', { class: 'compared' },
    h('thead', {}, h('tr', {}, ['Choice', 'Cost', '', 'Fleet'].map((name) => h(name ? 'th' : 'td', { scope: name ? 'col' : null }, name)))),
    h('tbody', {}, rows));
}

function named(label) {
  const [kind, value] = label.split(': ');
  return { gpu: words.gpu, quantization: words.format, term: words.term }[kind]?.(value) ?? value;
}

function fleet(other) {
  return other.lines.map((line) => `${line.count * line.gpus_per_instance} × ${words.gpu(line.gpu)}, ${line.provider} ${line.region}, ` +
    `${words.format(line.quantization)} on ${words.engine(line.engine)}`).join(' + ');
}

function why(plan) {
  const { rejected, near_misses: misses, break_even: prices, model_card: claims } = plan.explanation;
  const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  return h('section', { class: 'card' }, h('h2', {}, 'Why this one'),
    h('p', {}, `The cheapest of ${(plan.snapshot.offers - refused).toLocaleString('en-US')} offers that can do it. `,
      `${refused.toLocaleString('en-US')} cannot: ${Object.entries(rejected).map(([reason, count]) => `${reason} ${count.toLocaleString('en-US')}`).join(', ')}.`),
    misses.length > 0 && [h('h3', {}, 'Cheaper, but just not enough'), missed(misses)],
    prices.length > 0 && h('details', {}, h('summary', {}, 'At which price another GPU would win'),
      h('ul', {}, prices.slice(0, 8).map((one) => h('li', {}, `${words.gpu(one.gpu)} at ${words.money(one.usd_per_gpu_hour)} per GPU-hour, now ${words.money(one.now_usd_per_gpu_hour)}`)))),
    claims.length > 0 && h('details', {}, h('summary', {}, 'What the model card says'),
      h('ul', {}, claims.map((one) => h('li', {}, `“${one.claim}” `, h('b', {}, one.verdict), `: ${one.because}`)))));
}

function missed(misses) {
  return h('ul', {}, misses.map((miss) => h('li', {}, h('b', {}, `${words.money(miss.usd_per_hour)}/h`),
    ` ${miss.instance_type}, ${miss.provider} ${miss.region}: ${miss.reason}, needs ${miss.needed}, has ${miss.has}`)));
}

const STRENGTHS = {
  measured: 'this very setup was measured', interpolated: 'between measured setups', calibrated: 'physics fitted to runs of this GPU',
  extrapolated: 'physics beyond what was measured: trust it least',
};

function evidence(plan) {
  return h('section', { class: 'card' }, h('h2', {}, 'How sure'),
    plan.lines.map((line) => [
      h('p', {}, h('b', {}, words.sentence(line.evidence.kind).slice(0, -1)), `: ${STRENGTHS[line.evidence.kind] ?? ''}.`),
      line.evidence.own && h('p', {}, `Your own measurements (${words.plural(line.evidence.own.runs, 'run')}) ${
        line.evidence.own.measured ? 'are these figures.' : 'correct these figures.'}`),
      h('ul', {}, line.evidence.nearest.map((support) => h('li', {}, words.run(support)))),
      !line.evidence.nearest.length && h('p', {}, 'No published run of anything like it.')]));
}

function reading(plan) {
  return h('section', { class: 'card' }, h('h2', {}, 'How it was read'),
    h('p', {}, plan.interpretation),
    plan.ignored.length > 0 && h('p', { class: 'warning' }, `Not understood: ${plan.ignored.join('; ')}`),
    plan.assumptions.length > 0 && h('details', {}, h('summary', {}, `${words.plural(plan.assumptions.length, 'assumption')}`),
      h('ul', {}, plan.assumptions.map((one) => h('li', {}, words.sentence(one))))));
}

function nothing(plan, edit) {
  const steps = Map.groupBy ? Map.groupBy(plan.conflicts, (one) => one.smallest_change) : grouped(plan.conflicts);
  return [h('article', { class: 'card decision' }, h('h2', { class: 'nothing' }, 'Nothing fits.'),
    h('p', {}, steps.size ? 'The smallest changes that would:' : 'No change of a few limits lets any offer do it.'),
    h('div', { class: 'what-ifs' }, [...steps].map(([step, conflicts]) => {
      const request = resolved(plan.request, conflicts);
      return request ? h('button', { type: 'button', class: 'what-if', onclick: () => edit(request) }, h('b', {}, step))
        : h('div', { class: 'what-if' }, h('b', {}, step));
    })),
    plan.explanation.near_misses.length > 0 && [h('h3', {}, 'Nearest'), missed(plan.explanation.near_misses)])];
}

function grouped(conflicts) {
  const groups = new Map();
  for (const one of conflicts) groups.set(one.smallest_change, [...(groups.get(one.smallest_change) ?? []), one]);
  return groups;
}
