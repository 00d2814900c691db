// How the prices stand: how old each provider's are, what was left out and why, what is kept in quarantine.
import { get } from './api.js';
import { h, replace } from './dom.js';
import { grid } from './table.js';
import * as words from './words.js';

export async function standing(place) {
  try {
    const found = await get('/v1/prices/status');
    replace(place, h('h2', {}, 'How the prices stand'), quarantine(found), ages(found), left(found));
  } catch (failure) {
    replace(place, h('p', { class: 'soft' }, `How the prices stand is not known: ${failure.message}`));
  }
}

function ages({ providers, batches }) {
  const fetched = new Map(batches.map((batch) => [batch.provider, batch]));
  return h('details', {}, h('summary', {}, 'Age', h('span', { class: 'soft' }, ` ${words.plural(providers.length, 'provider')}`)),
    grid(['Provider', 'Who', 'Offers', 'Newest', 'Oldest', 'Left out', 'In quarantine', 'Last fetched'], providers.map((one) => [
      one.provider, one.tiers.join(', '), one.offers.toLocaleString('en-US'), days(one.newest_age_days), days(one.oldest_age_days),
      Object.values(one.rejected).reduce((sum, count) => sum + count, 0).toLocaleString('en-US'), one.quarantined.length || '–',
      fetched.has(one.provider) ? `${fetched.get(one.provider).status}, ${hours(fetched.get(one.provider).age_hours)}` : 'shipped with gpumix',
    ]), [2, 3, 4, 5, 6], 'Ages of prices'));
}

function quarantine({ quarantined }) {
  const title = h('summary', {}, 'Quarantine', h('span', { class: 'soft' }, ` ${words.plural(quarantined.length, 'price')} that no plan uses`));
  if (!quarantined.length) return h('details', {}, title, h('p', { class: 'soft' }, 'Nothing looks wrong.'));
  return h('details', { class: 'quarantine', open: true }, title, grid(['Provider', 'Where', 'Instance', 'Term', '$/hour', 'Why'], quarantined.map((one) => [
    one.provider, one.zone ?? one.region, one.instance_type, words.term(one.term), one.usd_per_hour == null ? '–' : words.money(Number(one.usd_per_hour)),
    `${words.sentence(one.reason)} ${one.detail ? words.sentence(one.detail) : ''}`,
  ]), [4], 'Prices in quarantine'));
}

function left({ rejected }) {
  return h('details', {}, h('summary', {}, 'Left out', h('span', { class: 'soft' }, ` ${words.plural(Object.values(rejected).reduce((sum, count) => sum + count, 0), 'listed price')}`)),
    h('ul', {}, Object.entries(rejected).map(([why, count]) => h('li', {}, `${words.sentence(why).slice(0, -1)}: ${count.toLocaleString('en-US')}`))));
}

const days = (count) => (count == null ? '–' : words.plural(count, 'day'));
const hours = (count) => (count == null ? 'never well' : count < 48 ? `${Math.round(count)} h ago` : `${Math.round(count / 24)} days ago`);
