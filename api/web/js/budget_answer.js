// A budget: what it costs, what to commit to, month by month, and how sure that is.
import { postFile } from './api.js';
import { draw, onceSeen } from './charts.js';
import { h } from './dom.js';
import { grid } from './table.js';
import * as words from './words.js';

const UNITS = { users: 'users', request_rate_per_s: 'requests/s', output_tok_per_s: 'tok/s' };
const RISKS = { forecast: 'the forecast cost', expected: 'the mean of the futures', cvar: 'the dearest futures' };
const FILES = [['xlsx', 'Excel, with live formulas'], ['csv', 'CSV'], ['focus.csv', 'FOCUS']];

// `query` are the parameters of /v1/forecast, for the chart and the files; `asked` is the request where these are not all.
export function budgetAnswer(found, query, asked = null) {
  if (found.status === 'infeasible') return nothing(found);
  return [decision(found), fit(found), purchases(found), chart(found, query, asked), months(found), risk(found), rents(found), take(found, query, asked)];
}

// What a history was fitted as, and how far off such fits were before.
function fit({ history }) {
  if (!history) return null;
  const shapes = ['diurnal', 'weekly'].filter((name) => history[name].length > 0).map((name) => ({ diurnal: 'day', weekly: 'week' })[name]);
  const test = history.backtest;
  return h('section', { class: 'card' }, h('h2', {}, 'From your history'),
    h('p', {}, `${words.plural(history.rows, history.step)} to ${history.last}: ${history.fitted} of ${history.trend_step}s${shapes.length ? `, shape of ${shapes.join(' and ')}` : ''}.`),
    test && h('p', { class: 'soft' }, `Back-test from ${words.plural(test.origins, 'earlier moment')}: mean error ${words.percent(test.mape)}, the 80% interval held ${words.percent(test.coverage80)} of ${test.points.toLocaleString('en-US')}` +
      `${test.added_fraction ? `, so a spread of ${words.percent(test.added_fraction)} is added` : ''}.`));
}

function nothing(found) {
  return h('section', { class: 'card', role: 'alert' }, h('h2', { class: 'nothing' }, 'No budget serves this load.'),
    h('ul', {}, found.conflicts.map((one) => h('li', {}, words.sentence(typeof one === 'string' ? one : `${one.limit}: needed ${one.needed}, given ${one.given}; ${one.smallest_change}`)))),
    h('p', { class: 'soft' }, `Ruled out: ${Object.entries(found.rejected).map(([why, count]) => `${why} ${count.toLocaleString('en-US')}`).join(', ')}.`));
}

function decision(found) {
  const { total, certificate } = found;
  const saving = total.saving_fraction;
  const against = total.all_on_demand == null ? null : saving > 0.0005
    ? `${(saving * 100).toFixed(1)}% less than all on demand, ${words.money(total.all_on_demand)}` : 'the same as all on demand: no commitment pays';
  return h('article', { class: 'card decision' }, h('header', {},
    h('div', { class: 'cost' },
      h('p', { class: 'hour' }, h('strong', {}, words.money(total.usd_amortised)), h('span', {}, ` for ${words.plural(found.months.length, 'month')}`)),
      against && h('p', { class: 'month' }, against),
      total.p10 != null && h('p', { class: 'soft' }, `Eight futures in ten cost ${words.money(total.p10)} to ${words.money(total.p90)}, half of them less than ${words.money(total.p50)}.`)),
    proof(certificate)),
    found.assumptions.length > 0 && h('details', {}, h('summary', { class: 'soft' }, words.plural(found.assumptions.length, 'assumption')),
      h('ul', {}, found.assumptions.map((one) => h('li', {}, words.sentence(one))))));
}

function proof({ proved_optimal: proved, gap_fraction: gap, solver, verified }) {
  const text = proved ? '✓ Proved cheapest' : `Within ${(gap * 100).toFixed(2)}% of the best possible`;
  return h('p', { class: proved ? 'badge good' : 'badge', title: `${solver}.${verified ? ' Checked again by code that shares nothing with the optimizer.' : ''}` }, text);
}

function purchases({ purchases: bought }) {
  return h('section', { class: 'card' }, h('h2', {}, 'Commit to'),
    bought.length ? grid(['From', 'Commitment', 'Term', '$/hour each', 'A month', 'Upfront'], bought.map((one) => [
      one.month, `${one.count} × ${named(one.offer)}`, words.term(one.term), words.money(one.usd_per_hour), words.money(one.usd_per_month), one.upfront_usd ? words.money(one.upfront_usd) : '–',
    ]), [3, 4, 5], 'Commitments')
      : h('p', {}, 'Nothing: what commitments save is less than what they cost while idle.'));
}

function chart(found, query, asked) {
  const body = h('div', { class: 'chart-body' });
  const section = h('section', { class: 'card charts' }, h('h2', {}, 'Month by month'), body);
  onceSeen(section, () => draw(body, asked ? '/v1/forecasts/chart' : `/v1/forecast/chart?${query}`, `budget-${found.budget_id}`, 'Drawing', asked));
  return section;
}

const PARTS = [['On demand', 'usd_on_demand'], ['Committed', 'usd_committed'], ['Spot', 'usd_spot'], ['Total', 'usd_total_amortised'], ['Cash', 'usd_cash']];

function months(found) {
  const all = found.months;
  const paid = PARTS.filter(([, name]) => name === 'usd_total_amortised' || all.some((month) => month[name]))
    .filter(([, name]) => name !== 'usd_cash' || all.some((month) => Math.abs(month.usd_cash - month.usd_total_amortised) > 0.5));
  const fan = all.some((month) => month.p10 != null) ? ['p10', 'p50', 'p90'] : [];
  const heads = ['Month', UNITS[found.unit], ...paid.map(([title]) => title), '$ per M tokens', ...fan.map((name) => name.toUpperCase())];
  const rows = all.map((month) => [month.month, words.number(month.demand), ...paid.map(([, name]) => dollars(month[name])),
    month.usd_per_million_output_tokens == null ? '–' : words.money(month.usd_per_million_output_tokens), ...fan.map((name) => dollars(month[name]))]);
  return h('section', { class: 'card' }, h('h2', {}, 'In numbers'), grid(heads, rows, heads.map((_, place) => place).slice(1), 'The months'));
}

const dollars = (usd) => `$${Math.round(usd).toLocaleString('en-US')}`;

function risk(found) {
  const { risk: report, commitments, break_even: even } = found;
  return h('section', { class: 'card' }, h('h2', {}, 'If it turns out otherwise'),
    commitments.length > 0 && grid(['Commitments', 'Expected', 'One in ten is above', 'Dearest tenth on average'], commitments.map((one) =>
      [one.factor === 0 ? 'none' : one.factor === 1 ? 'as proposed' : `${one.factor} times`, words.money(one.expected_usd), words.money(one.p90_usd), one.cvar_usd == null ? '–' : words.money(one.cvar_usd)]), [1, 2, 3], 'More or fewer commitments'),
    report && grid(['Made cheapest', 'Expected', `Mean of the dearest ${words.percent(1 - report.alpha)}`, 'Commits to'], report.decisions.map((one) =>
      [`${RISKS[one.measure]}${one.chosen ? ' (chosen)' : ''}`, words.money(one.expected_usd), words.money(one.cvar_usd),
        one.purchases.map((each) => `${each.count} × ${named(each.offer)}`).join(', ') || 'nothing']), [1, 2], 'What each measure would decide'),
    found.uncertainty.length > 0 && h('p', { class: 'soft' }, `One standard deviation: ${found.uncertainty.map((one) => `${one.name} ${words.percent(one.fraction)} (${one.basis})`).join('; ')}.`),
    even && h('p', {}, `An API at ${words.perMillion(even.api_usd_per_million)} per million output tokens with their input costs ${words.money(even.api_usd)}; here it is ${words.perMillion(even.self_hosted_usd_per_million)}: `,
      h('b', {}, even.cheaper === 'api' ? 'the API is cheaper' : 'hosting it yourself is cheaper'),
      even.break_even_demand == null ? '.' : `. Hosting pays from ${words.number(even.break_even_demand)} ${UNITS[found.unit]}.`));
}

function rents(found) {
  return h('section', { class: 'card' }, h('h2', {}, 'Runs on'), h('ul', {}, found.offers.map((one) =>
    h('li', {}, h('b', {}, one.instance_type), `, ${one.provider} ${one.zone ?? one.region}, ${words.term(one.term)}: ${one.instances * one.gpus_per_instance} × ${words.gpu(one.gpu)}, ${words.format(one.quantization)} on ${words.engine(one.engine)}, `,
      `${words.money(one.usd_per_hour)}/h, carries ${words.number(one.capacity)} ${UNITS[found.unit]}. Seen `,
      h('a', { href: one.source_url, rel: 'noopener noreferrer', target: '_blank' }, one.observed_at), '.'))));
}

function take(found, query, asked) {
  return h('section', { class: 'card' }, h('h2', {}, 'Take it with you'),
    h('p', {}, FILES.map(([suffix, name], place) => [place ? ' · ' : '', asked ? posted(found, suffix, name, asked)
      : h('a', { href: `/v1/forecast.${suffix}?${query}&download=1` }, name)]), ' · ',
    asked ? kept('JSON', found, `budget-${found.budget_id}.json`) : h('a', { href: `/v1/forecast?${query}` }, 'JSON'),
    asked && [' · ', kept('the request, for gpumix forecast -f', asked, 'budget.json')]),
    asked && h('p', { class: 'soft' }, 'Your file is not in the address of this page: to share the budget, share the request.'),
    h('p', { class: 'soft' }, `Budget ${found.budget_id}, prices of snapshot ${found.snapshot.id}, solved in ${found.elapsed_seconds.toFixed(1)} s.`));
}

// A file of a budget whose request is too long for an address.
function posted(found, suffix, name, asked) {
  const button = h('button', { type: 'button', class: 'linkish', onclick: async () => {
    try {
      save(await postFile(`/v1/forecasts.${suffix}`, asked), `forecast-${asked.start}.${suffix}`);
    } catch (failure) {
      button.textContent = `${name}: ${failure.message}`;
    }
  } }, name);
  return button;
}

const kept = (name, document, file) => h('button', { type: 'button', class: 'linkish', onclick: () => save(new Blob([JSON.stringify(document)], { type: 'application/json' }), file) }, name);

function save(blob, file) {
  const address = URL.createObjectURL(blob);
  h('a', { href: address, download: file }).click();
  URL.revokeObjectURL(address);
}

function named(offer) {
  const [provider, region, zone, type] = offer.split('/');
  return `${type ?? offer}, ${provider} ${zone && zone !== '-' ? zone : region}`;
}
