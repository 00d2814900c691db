// Sliders and choices over the request of the shown plan; each change asks again.
import { get } from './api.js';
import { h, replace } from './dom.js';
import { QUALITIES, changed } from './request.js';
import * as words from './words.js';

const STEPS = {
  users: [1, 2, 4, 8, 16, 25, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000],
  tok_per_s_per_user: [null, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200],
  request_rate_per_s: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200],
  output_tok_per_s: [100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000],
  tokens: [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072],
  ttft_s: [null, 30, 20, 10, 5, 3, 2, 1.5, 1, 0.5, 0.3],
  max_usd_per_hour: [null, 500, 300, 200, 100, 75, 50, 40, 30, 20, 15, 10, 8, 6, 5, 4, 3, 2],
};
const any = (text, unit) => (value) => (value == null ? text : unit(value));
const SLIDERS = [
  ['workload', 'users', 'Users at once', (value) => String(value)],
  ['workload', 'request_rate_per_s', 'Requests per second', (value) => `${value}/s`],
  ['workload', 'output_tok_per_s', 'Tokens per second in all', (value) => value.toLocaleString('en-US')],
  ['workload', 'tok_per_s_per_user', 'Speed for each user', any('any', (value) => `${value} tok/s`)],
  ['workload', 'context_tokens', 'Context', words.tokens],
  ['workload', 'input_tokens', 'Prompt', words.tokens],
  ['workload', 'output_tokens', 'Answer', words.tokens],
  ['slo', 'ttft_s', 'First token within', any('any', (value) => `${value} s`)],
  ['limits', 'max_usd_per_hour', 'Budget', any('any', (value) => `${words.money(value)}/h`)],
];
const CHOICES = [
  ['terms', 'Terms', Object.entries(words.TERMS)],
  ['tiers', 'Who', [['hyperscaler', 'hyperscalers'], ['neocloud', 'neoclouds'], ['marketplace', 'marketplace hosts'], ['tracker', 'price trackers']]],
  ['continents', 'Where', [['north-america', 'North America'], ['europe', 'Europe'], ['asia', 'Asia'], ['south-america', 'South America'], ['middle-east', 'Middle East'], ['oceania', 'Oceania']]],
];

export function controls(place, request, edit) {
  if (!request) {
    replace(place);
    return;
  }
  const shown = SLIDERS.filter(([part, name]) => (name in STEPS && STEPS[name][0] === null) || request[part][name] != null)
    .filter(([, name]) => name !== 'tok_per_s_per_user' || request.workload.users != null);
  replace(place, h('details', { class: 'card', open: innerWidth > 900 }, h('summary', {}, h('h2', {}, 'Change it')),
    model(request, edit), shown.map((one) => slider(request, one, edit)), quality(request, edit), survival(request, edit), CHOICES.map((one) => choice(request, one, edit))));
}

function slider(request, [part, name, label, text], edit) {
  const value = request[part][name];
  const steps = stepsWith(STEPS[name] ?? STEPS.tokens, value);
  const output = h('b', {}, text(value)); // an output would take the label
  const input = h('input', { type: 'range', min: 0, max: steps.length - 1, step: 1, value: steps.indexOf(value), 'aria-valuetext': text(value), 'data-name': name });
  input.addEventListener('input', () => {
    output.textContent = text(steps[input.value]);
    input.setAttribute('aria-valuetext', output.textContent);
  });
  input.addEventListener('change', () => edit(changed(request, part, { [name]: steps[input.value] })));
  return h('label', { class: 'slider' }, h('span', {}, label, output), input);
}

// The steps with the value of now among them, in the order of the slider.
function stepsWith(steps, value) {
  if (steps.includes(value)) return steps;
  const falling = steps.at(-1) < steps.at(-2);
  const numbers = [...steps.filter((step) => step !== null), value].sort((one, other) => (falling ? other - one : one - other));
  return steps[0] === null ? [null, ...numbers] : numbers;
}

function quality(request, edit) {
  return select('Quality at least', 'min_tier', QUALITIES.map((name) => [name, name]), request.quality.min_tier,
    (name) => edit(changed(request, 'quality', { min_tier: name })), request.quality.quantizations.length > 0);
}

const LOSSES = [['none', 'nothing'], ['replica', 'one replica'], ['instance', 'one instance'], ['zone', 'one zone'], ['provider', 'one provider']];

function survival(request, edit) {
  return select('Still serve without', 'survive_loss', LOSSES, request.survive_loss,
    (name) => edit(changed(request, null, { survive_loss: name })));
}

let models = [];

// The models of the catalog, asked for once; until they come, the one of the request.
function model(request, edit) {
  const names = models.length ? models : [request.model];
  const label = select('Model', 'model', names.map((name) => [name, name]), request.model,
    (name) => edit(changed(request, null, { model: name })));
  if (!models.length) {
    get('/v1/catalog/models').then((found) => {
      models = found.items.map((item) => item.model_id);
      label.lastChild.append(...models.filter((name) => name !== request.model).map((name) => h('option', { value: name }, name)));
    }, () => {});
  }
  return label;
}

function select(label, name, options, value, change, disabled = false) {
  const box = h('select', { 'data-name': name, disabled, onchange: () => change(box.value) },
    options.map(([id, text]) => h('option', { value: id, selected: id === value }, text)));
  return h('label', { class: 'slider' }, h('span', {}, label), box);
}

function choice(request, [name, label, options], edit) {
  const allowed = request.allow[name];
  const toggle = (value, on) => {
    const names = options.map(([id]) => id).filter((id) => (id === value ? on : allowed.includes(id)));
    edit(changed(request, 'allow', { [name]: names }));
  };
  return h('fieldset', {}, h('legend', {}, label), options.map(([id, text]) => {
    const last = allowed.length === 1 && allowed[0] === id && name !== 'continents';
    return h('label', { class: 'check' }, h('input', { type: 'checkbox', value: id, checked: allowed.includes(id), disabled: last,
      onchange: (event) => toggle(id, event.target.checked) }), h('span', {}, text));
  }), name === 'continents' && !allowed.length && h('p', { class: 'soft' }, 'anywhere'));
}
