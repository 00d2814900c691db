// The budget: a load over months in a form, whose fields are the parameters of /v1/forecast and stand in the address.
import { failed } from './answer.js';
import { get, post } from './api.js';
import { budgetAnswer } from './budget_answer.js';
import { h, replace } from './dom.js';
import { fileField, LOADED, requestOf, saidOfFile } from './own_load.js';
import { SHAPES, shapeOf } from './shapes.js';

const LOADS = [['users', 'users'], ['request_rate', 'requests/s'], ['output_tok_per_s', 'tok/s in all']];
const UNITS = { users: 'users', request_rate: 'request_rate_per_s', output_tok_per_s: 'output_tok_per_s' };
const USUAL = { model: 'llama-4-405b', tok_per_s: 10, context: 8192, months: 12, monthly_growth: 0, scenarios: 1000, price_change_per_year: 0, alpha: 0.9 };
const BUY = [
  ['on_demand,reserved_1y,reserved_3y', '1- and 3-year commitments'], ['on_demand,reserved_1y', '1-year commitments'],
  ['on_demand,reserved_3y', '3-year commitments'], ['on_demand', 'nothing, only on demand'],
  ['on_demand,spot,reserved_1y,reserved_3y', 'commitments and spot'],
];
const RISKS = [['forecast', 'the forecast cost'], ['expected', 'the mean of many futures'], ['cvar', 'the dearest tenth of futures']];
const OWN = ['view', 'model', 'tok_per_s', 'context', 'input_tokens', 'output_tokens', 'months', 'start', 'monthly_growth', 'diurnal', 'weekly',
  'buy', 'risk', 'price_change_per_year', 'api_usd_per_million_output_tokens', ...LOADS.map(([name]) => name)];
let waiting = null;

// `go(params)` puts the inputs into the address and opens it; without any input there is only the form.
export function budget(place, params, go) {
  waiting?.abort();
  const result = h('div', { id: 'budget', 'aria-live': 'polite', 'aria-busy': 'false' });
  const own = fileField();
  const form = fields(params, own);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (form.elements.loaded.value === 'base') go(wanted(form, params));
    else workOwn(result, form, wanted(form, params), own);
  });
  replace(place, h('h1', {}, 'Budget'),
    h('p', { class: 'soft' }, 'What a load costs over months, what to commit to, and how sure that is.'),
    h('div', { class: 'budget-columns' }, form, result));
  if (params.size > 1) work(result, params);
  else replace(result, h('section', { class: 'card' }, h('h2', {}, 'Say the load, and press the button'),
    h('p', { class: 'soft' }, 'Every month is planned at the same targets as an answer: what to rent by the hour, which commitments pay for ' +
      'themselves, and what futures other than the forecast would cost.')));
}

function work(result, params) {
  const query = withoutView(params);
  return shown(result, async (signal) => budgetAnswer(await get(`/v1/forecast?${query}`, signal), query));
}

// A file is not in the address, so its budget is asked for as a document, and what is wrong with it stands at its field.
function workOwn(result, form, params, own) {
  const at = (name) => form.elements[name].value;
  own.say([]);
  return shown(result, async (signal) => {
    const asked = await requestOf(withoutView(params), UNITS[at('unit')], at('loaded'), own.input.files[0], signal);
    return budgetAnswer(await post('/v1/forecasts', asked, signal), withoutView(params), asked);
  }, (failure) => {
    const said = saidOfFile(failure);
    own.say(said);
    return said.length > 0 && h('p', { class: 'card soft' }, 'The file cannot be used as it is: what is wrong stands at its field.');
  });
}

const withoutView = (params) => new URLSearchParams([...params].filter(([name]) => name !== 'view'));

async function shown(result, answer, instead = () => false) {
  waiting?.abort();
  const mine = (waiting = new AbortController());
  result.setAttribute('aria-busy', 'true');
  if (result.getBoundingClientRect().top > innerHeight * 0.8) result.scrollIntoView();
  replace(result, h('div', { class: 'card skeleton', role: 'status' }, h('span', {}, 'Planning every month, a few seconds …'),
    ...['short', 'wide', 'tall', 'wide'].map((kind) => h('i', { class: kind }))));
  try {
    replace(result, await answer(mine.signal));
  } catch (failure) {
    if (failure.name === 'AbortError') return;
    replace(result, instead(failure) || failed(failure));
  }
  result.setAttribute('aria-busy', 'false');
}

function fields(params, own) {
  const load = LOADS.find(([name]) => params.has(name)) ?? LOADS[0];
  const value = (name) => params.get(name) ?? USUAL[name] ?? '';
  const sized = params.has('input_tokens') || params.has('output_tokens');
  const also = [...params].filter(([name]) => !OWN.includes(name) && name !== 'scenarios' && name !== 'alpha');
  return h('form', { class: 'card budget-form', 'aria-label': 'The load and the rules of the budget' },
    h('fieldset', {}, h('legend', {}, 'Load'),
      text('model', 'Model', value('model'), { list: 'models', required: true }), models(),
      loaded(own),
      h('div', { class: 'pair' },
        number('load', 'At the start', params.get(load[0]) ?? 20, { min: 0.001, step: 'any', required: true }),
        select('unit', 'Counted in', LOADS, load[0])),
      sized ? h('div', { class: 'pair' }, number('input_tokens', 'Prompt tokens', value('input_tokens'), { min: 1 }), number('output_tokens', 'Answer tokens', value('output_tokens'), { min: 1 }))
        : number('context', 'Context, tokens', value('context'), { min: 2, required: true }),
      number('tok_per_s', 'Speed for each user, tok/s', params.size > 1 ? params.get('tok_per_s') ?? '' : value('tok_per_s'), { min: 0.1, step: 'any' }),
      select('shape', 'Hours', [...SHAPES.map(([name, title]) => [name, title]), ...(shapeOf(params) === 'given' ? [['given', 'as in the address']] : [])], shapeOf(params)),
      number('growth', 'Growth a month, %', 100 * value('monthly_growth'), { min: -50, max: 1000, step: 'any' })),
    h('fieldset', {}, h('legend', {}, 'Time and money'),
      h('div', { class: 'pair' }, number('months', 'Months', value('months'), { min: 1, max: 60, required: true }),
        h('label', {}, 'From', h('input', { type: 'month', name: 'start', value: params.get('start') ?? following(new Date()) }))),
      select('buy', 'May be bought', withGiven(BUY, params.get('buy') ?? BUY[0][0]), params.get('buy') ?? BUY[0][0]),
      select('risk', 'Make cheapest', RISKS, params.get('risk') ?? 'forecast'),
      number('price', 'Prices change a year, %', 100 * value('price_change_per_year'), { min: -90, max: 1000, step: 'any' }),
      number('api', 'Or an API, $ per million output tokens', params.get('api_usd_per_million_output_tokens') ?? '', { min: 0.001, step: 'any' })),
    also.length > 0 && h('p', { class: 'soft' }, `With the answer’s other rules: ${also.map(([name, text]) => `${name.replaceAll('_', ' ')} ${text}`).join('; ')}.`),
    h('button', { class: 'primary' }, 'Work it out'));
}

// The address of what the form says; rules of a plan that are not in the form stay.
function wanted(form, before) {
  const at = (name) => form.elements[name]?.value.trim() ?? '';
  const params = new URLSearchParams([['view', 'budget'], ...[...before].filter(([name]) => !OWN.includes(name))]);
  const put = (name, value) => value !== '' && params.set(name, value);
  put('model', at('model'));
  put(at('unit'), at('load'));
  for (const name of ['tok_per_s', 'context', 'input_tokens', 'output_tokens', 'months', 'start']) put(name, at(name));
  put('monthly_growth', fraction(at('growth')));
  put('price_change_per_year', fraction(at('price')));
  put('api_usd_per_million_output_tokens', at('api'));
  if (at('buy') !== BUY[0][0]) put('buy', at('buy'));
  if (at('risk') !== 'forecast') put('risk', at('risk'));
  const shape = at('shape') === 'given' ? { diurnal: before.get('diurnal'), weekly: before.get('weekly') } : SHAPES.find(([name]) => name === at('shape'))[2];
  for (const [name, multipliers] of Object.entries(shape)) if (multipliers) params.set(name, multipliers);
  return params;
}

const following = (day) => new Date(Date.UTC(day.getFullYear(), day.getMonth() + 1, 1)).toISOString().slice(0, 7);
const fraction = (percent) => (percent === '' || Number(percent) === 0 ? '' : String(Number((Number(percent) / 100).toPrecision(10))));
const withGiven = (options, value) => (options.some(([id]) => id === value) ? options : [...options, [value, value.replaceAll(',', ', ')]]);
const text = (name, label, value, more = {}) => h('label', {}, label, h('input', { name, value, autocomplete: 'off', ...more }));
const number = (name, label, value, more = {}) => h('label', {}, label, h('input', { type: 'number', name, value, inputmode: 'decimal', ...more }));

// Which load it is; fields that a file makes useless are switched off, not hidden, so that nothing jumps.
function loaded(own) {
  const choice = select('loaded', 'The load is', LOADED, 'base');
  own.shown('base');
  choice.addEventListener('change', ({ target }) => {
    own.shown(target.value);
    for (const name of ['load', 'growth']) target.form.elements[name].disabled = target.value !== 'base';
  });
  return [choice, own.field];
}

function select(name, label, options, value) {
  return h('label', {}, label, h('select', { name }, options.map(([id, title]) => h('option', { value: id, selected: id === value }, title))));
}

function models() {
  const list = h('datalist', { id: 'models' });
  get('/v1/catalog/models?limit=1000').then((found) => list.append(...found.items.map((item) => h('option', { value: item.model_id }))), () => {});
  return list;
}
