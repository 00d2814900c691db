// A load of one's own: a CSV with the columns time and value, as a series of the months to come or a history to fit.
import { Failure, get } from './api.js';
import { h, replace } from './dom.js';

export const LOADED = [['base', 'a start that grows'], ['series', 'my own series, a CSV'], ['history', 'my history, a CSV to fit']];
const MOST_BYTES = 900_000;
const WHERE = /^(series|history|demand\.(series|history|diurnal|weekly))/;

// The field of the file, with what is wrong with it beside it; `shown(kind)` shows it where a file is the load.
export function fileField() {
  const wrong = h('div', { class: 'field-wrong', id: 'own-load-wrong', role: 'alert' });
  const input = h('input', { type: 'file', name: 'own', accept: '.csv,text/csv', 'aria-describedby': 'own-load-hint own-load-wrong' });
  const hint = h('p', { class: 'soft', id: 'own-load-hint' });
  const field = h('div', { class: 'own-load', hidden: true }, h('label', {}, 'File', input), hint, wrong);
  input.addEventListener('change', () => say([]));
  const say = (lines) => {
    replace(wrong, lines.length > 0 && h('ul', {}, lines.map((line) => h('li', {}, line))));
    input.setAttribute('aria-invalid', String(lines.length > 0));
    if (lines.length > 0) input.focus();
  };
  const shown = (kind) => {
    field.hidden = kind === 'base';
    input.required = kind !== 'base';
    replace(hint, kind === 'history'
      ? 'Columns time and value, of every hour or day (70 days at least) or month (12) so far. Its trend makes the months; its hours and days are its own.'
      : 'Columns time and value, of every month (2027-01), day (2027-01-31) or hour (2027-01-31T23:00:00Z) of the months asked for.',
    ' A trace of requests goes with gpumix forecast on the command line.');
  };
  return { field, input, say, shown };
}

// The points of a CSV. Throws Failure with the number of each bad row, the first below the heads is 1.
export function pointsOf(text, kind) {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const cells = (line) => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const heads = cells(head);
  const [time, value] = [heads.indexOf('time'), heads.indexOf('value')];
  if (time < 0 || value < 0) throw new Failure({ detail: `${kind}: the file has the columns ${heads.join(', ') || 'none'}, not time and value` });
  const rows = lines.filter((line) => line.trim()).map(cells);
  const bad = rows.flatMap((row, place) => (row[value] && Number(row[value]) >= 0 && Number.isFinite(Number(row[value])) ? []
    : [`${kind} row ${place + 1}: ${row[value] || 'nothing'} is no load: a number of 0 or more`]));
  if (rows.length === 0) bad.push(`${kind}: the file has no rows`);
  if (bad.length > 0) throw new Failure({ detail: [...bad.slice(0, 20), ...(bad.length > 20 ? [`… and ${bad.length - 20} more`] : [])].join('\n') });
  return rows.map((row) => ({ time: row[time], value: Number(row[value]) }));
}

// The request of the form with the load of a file; the API itself says which request the form's parameters are.
export async function requestOf(query, unit, kind, file, signal) {
  if (file.size > MOST_BYTES) throw new Failure({ detail: `${kind}: the file has ${(file.size / 1e6).toFixed(1)} MB, the page takes ${MOST_BYTES / 1e6} MB`, hint: 'gpumix forecast reads larger ones; days instead of hours are a 24th.' });
  const points = pointsOf(await file.text(), kind);
  const bare = new URLSearchParams(query);
  for (const name of ['monthly_growth', 'diurnal', 'weekly']) bare.delete(name);
  const { request } = await get(`/v1/forecast?${new URLSearchParams({ ...Object.fromEntries(bare), months: 1, scenarios: 0, risk: 'forecast' })}`, signal);
  const shape = Object.fromEntries(['diurnal', 'weekly'].filter((name) => query.get(name)).map((name) => [name, query.get(name).split(',').map(Number)]));
  const risk = { ...request.risk, measure: query.get('risk') ?? 'forecast' };
  return { ...request, risk, months: Number(query.get('months') ?? 12), scenarios: Number(query.get('scenarios') ?? 1000), demand: { unit, ...shape, [kind]: points } };
}

// What a failure says of the file, line by line; nothing where it is about something else.
export const saidOfFile = (failure) => {
  const lines = failure.message.split('\n');
  return lines.some((line) => WHERE.test(line)) ? [...lines, failure.hint].filter(Boolean) : [];
};
