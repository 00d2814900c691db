// Tables: rows under heads; and the data of a chart as one, and as a CSV file.
import { h } from './dom.js';

// `numbers` are the places of the columns that are aligned as numbers; the first cell of a row names it.
export function grid(heads, rows, numbers, label) {
  const kind = (place) => (numbers.includes(place) ? 'number' : null);
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, h('table', {},
    h('thead', {}, h('tr', {}, heads.map((name, place) => h('th', { scope: 'col', class: kind(place) }, name)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, place) => (place ? h('td', { class: kind(place) }, cell) : h('th', { scope: 'row' }, cell))))))));
}

// `beside` stands next to the link to the file.
export function tableOf(spec, name, beside) {
  const rows = rowsOf(spec);
  if (!rows.length) return beside;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => column !== 'label');
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  const file = URL.createObjectURL(new Blob([`${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`], { type: 'text/csv' }));
  return h('div', { class: 'chart-data' },
    h('a', { href: file, download: `${name}.csv` }, 'CSV'), beside,
    h('details', {}, h('summary', {}, 'As a table'), h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Data of the chart' }, h('table', {},
      h('thead', {}, h('tr', {}, columns.map((column) => h('th', { scope: 'col' }, column)))),
      h('tbody', {}, rows.map((row) => h('tr', {}, columns.map((column) =>
        h('td', { class: typeof row[column] === 'number' ? 'number' : null }, String(shown(row[column]))))))))))); 
}

function rowsOf(spec) {
  const inside = [spec.data, ...(spec.layer ?? []).map((layer) => layer.data)].filter(Boolean);
  const first = inside.find((data) => data.values?.length || data.name);
  return first ? first.values ?? spec.datasets?.[first.name] ?? [] : [];
}

const shown = (value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value ?? '');

// Text that a spreadsheet would run as a formula starts with an apostrophe.
function cell(value) {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
