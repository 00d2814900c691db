// Prices: the offers of the moment, filtered by the server, sorted here.
import { get } from './api.js';
import { failed } from './answer.js';
import { h, replace } from './dom.js';
import { standing } from './standing.js';
import * as words from './words.js';

const FILTERS = [
  ['gpu', 'GPU', 'H100'], ['provider', 'Provider', 'aws'], ['region', 'Region or continent', 'europe'],
];
const SELECTS = [
  ['term', 'Term', Object.entries(words.TERMS)],
  ['tier', 'Who', ['hyperscaler', 'neocloud', 'marketplace', 'tracker'].map((name) => [name, name])],
];
const COLUMNS = [
  ['per_gpu', '$/GPU-hour', (offer) => words.money(offer.per_gpu), true],
  ['gpu', 'GPU', (offer) => `${offer.gpus_per_instance} × ${words.gpu(offer.gpu)}`],
  ['usd_per_hour', '$/hour', (offer) => words.money(offer.usd_per_hour), true],
  ['provider', 'Provider', (offer) => offer.provider],
  ['region', 'Region', (offer) => offer.zone ?? offer.region],
  ['instance_type', 'Instance', (offer) => offer.instance_type],
  ['term', 'Term', (offer) => words.term(offer.term)],
  ['tier', 'Who', (offer) => offer.tier],
  ['seen', 'Seen', (offer) => h('a', { href: offer.source_url, rel: 'noopener noreferrer', target: '_blank', title: offer.source }, offer.seen)],
];
const PAGE = 100;

// `keep(params)` puts the filters into the address.
export function prices(place, params, keep) {
  const state = { sort: params.get('sort') ?? 'per_gpu', down: params.get('down') === '1', offers: [], total: 0 };
  const fields = [...FILTERS, ...SELECTS].map(([name]) => name);
  const table = h('div', { class: 'scroll prices', tabindex: 0, role: 'region', 'aria-label': 'Offers' });
  const count = h('p', { class: 'soft', role: 'status' }, 'Loading prices');
  const csv = h('a', { href: '/v1/offers.csv' }, 'CSV');
  const form = h('form', { class: 'filters' },
    FILTERS.map(([name, label, example]) => h('label', {}, label, h('input', { name, value: params.get(name) ?? '', placeholder: example, autocomplete: 'off' }))),
    SELECTS.map(([name, label, options]) => h('label', {}, label, h('select', { name }, h('option', { value: '' }, 'any'),
      options.map(([id, text]) => h('option', { value: id, selected: params.get(name) === id }, text))))));
  const wanted = () => new URLSearchParams(fields.map((name) => [name, form.elements[name].value.trim()]).filter(([, value]) => value));
  const remember = () => keep(new URLSearchParams([['view', 'prices'], ...wanted(), ['sort', state.sort], ...(state.down ? [['down', '1']] : [])]));

  const about = h('section', { class: 'card standing' });

  let waiting = null;
  const load = async () => {
    waiting?.abort();
    waiting = new AbortController();
    const query = wanted();
    csv.href = `/v1/offers.csv?${new URLSearchParams([...query, ['download', '1']])}`;
    try {
      const page = await get(`/v1/offers?${new URLSearchParams([...query, ['limit', '1000']])}`, waiting.signal);
      state.offers = page.items.map((offer) => ({ ...offer, per_gpu: offer.usd_per_hour / offer.gpus_per_instance, seen: offer.observed_at }));
      state.total = page.total;
      show();
    } catch (failure) {
      if (failure.name !== 'AbortError') replace(table, failed(failure));
    }
  };
  const show = () => {
    const rows = [...state.offers].sort(by(state)).slice(0, PAGE);
    const cut = state.total > state.offers.length ? `, the ${state.offers.length.toLocaleString('en-US')} cheapest per GPU sorted here` : '';
    count.textContent = `${words.plural(state.total, 'offer')}${cut}${state.offers.length > PAGE ? `; ${PAGE} shown, narrow it down or take the CSV` : ''}`;
    replace(table, rows.length ? grid(rows, state, sortBy) : h('p', { class: 'nothing-here' }, 'No offer matches. Take a filter away.'));
  };
  const sortBy = (name) => {
    state.down = state.sort === name ? !state.down : false;
    state.sort = name;
    remember();
    show();
    table.querySelector('th[aria-sort] button')?.focus();
  };
  let pause = null;
  form.addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(() => { remember(); load(); }, 200);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  replace(place, h('h1', {}, 'Prices'), h('p', { class: 'soft' }, 'Every offer with the day it was seen, and its source behind that day.'), form,
    h('div', { class: 'count' }, count, csv), table, about);
  load();
  standing(about);
}

function by({ sort, down }) {
  const value = (offer) => offer[sort] ?? '';
  const compare = (one, other) => (typeof one === 'number' ? one - other : String(one).localeCompare(String(other)));
  return (one, other) => (down ? -1 : 1) * compare(value(one), value(other));
}

function grid(rows, state, sortBy) {
  return h('table', {},
    h('thead', {}, h('tr', {}, COLUMNS.map(([name, title, , isNumber]) => h('th', {
      scope: 'col', class: isNumber ? 'number' : null, 'aria-sort': state.sort === name ? (state.down ? 'descending' : 'ascending') : null,
    }, h('button', { type: 'button', onclick: () => sortBy(name) }, title))))),
    h('tbody', {}, rows.map((offer) => h('tr', {}, COLUMNS.map(([, , text, isNumber]) => h('td', { class: isNumber ? 'number' : null }, text(offer)))))));
}
