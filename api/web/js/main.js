// The page: what is asked stands in the address, and the address decides what is shown.
import { answer, empty, failed, loading } from './answer.js';
import { Failure, get, key, post } from './api.js';
import { budget } from './budget.js';
import { controls } from './controls.js';
import { h, replace } from './dom.js';
import { prices } from './prices.js';
import { addressOf, budgetAddress } from './request.js';

const $ = (id) => document.getElementById(id);
const PATIENCE_MS = 140;
let shown = null;
let waiting = null;
let readingNow = null;
let pause = null;

function start() {
  $('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    key.keep(key.get());
    go(new URLSearchParams({ q: $('q').value.trim() }));
  });
  $('q').addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(read, PATIENCE_MS);
  });
  $('theme').addEventListener('click', switchTheme);
  document.addEventListener('click', follow);
  addEventListener('popstate', () => open(new URLSearchParams(location.search)));
  open(new URLSearchParams(location.search), JSON.parse($('answered').textContent));
}

// Links of the page's own stay on it.
function follow(event) {
  const link = event.target.closest('a[href^="/?"], a[href="/"]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(new URL(link.href).searchParams);
}

function go(params) {
  const query = params.toString();
  history.pushState(null, '', query ? `/?${query}` : '/');
  open(params);
}

const VIEWS = {
  prices: ['Prices', (params) => prices($('prices-view'), params, (kept) => history.replaceState(null, '', `/?${kept}`))],
  budget: ['Budget', (params) => budget($('budget-view'), params, go)],
};

function open(params, answered = null) {
  const view = params.get('view') in VIEWS ? params.get('view') : 'answer';
  document.documentElement.classList.toggle('asked', params.size > 0);
  document.documentElement.classList.toggle('elsewhere', view !== 'answer');
  for (const name of Object.keys(VIEWS)) $(`${name}-view`).hidden = view !== name;
  for (const link of document.querySelectorAll('nav [data-view]')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.querySelector('.skip').setAttribute('href', view === 'answer' ? '#result' : `#${view}-view`);
  document.title = view === 'answer' ? titleOf(params) : `${VIEWS[view][0]} · gpumix`;
  if (view === 'answer') openAnswer(params, answered);
  else VIEWS[view][1](params);
}

const titleOf = (params) => (params.get('q') ? `${params.get('q')} · gpumix` : 'gpumix: the cheapest GPUs that serve your model');

function openAnswer(params, answered) {
  const question = params.get('q') ?? '';
  $('q').value = question || (params.size ? '' : $('q').value);
  if (!params.size) {
    waiting?.abort();
    shown = null;
    show(empty(), null);
    say('');
    return;
  }
  if (answered && question) {
    if (answered.plan_id) showPlan(answered);
    else showFailure(new Failure(answered));
    return;
  }
  ask(params);
}

async function ask(params) {
  waiting?.abort();
  const mine = (waiting = new AbortController());
  const result = $('result');
  result.setAttribute('aria-busy', 'true');
  if (!shown) replace(result, loading());
  try {
    const plan = await planOf(params, mine.signal);
    if (mine === waiting) showPlan(plan);
  } catch (failure) {
    if (failure.name !== 'AbortError' && mine === waiting) showFailure(failure);
  }
}

function planOf(params, signal) {
  if (params.get('q')) return get(`/v1/ask?${new URLSearchParams({ q: params.get('q') })}`, signal);
  if (params.has('request')) return post('/v1/plans', JSON.parse(params.get('request')), signal);
  return get(`/v1/plan?${params}`, signal);
}

function showPlan(plan) {
  shown = plan;
  document.querySelector('nav [data-view=budget]').href = budgetAddress(plan) ?? '/?view=budget';
  say(plan.interpretation, plan.ignored);
  show(answer(plan, edit), plan.request);
}

function showFailure(failure) {
  shown = null;
  say('');
  replace($('result'), failed(failure));
  $('result').setAttribute('aria-busy', 'false');
}

function show(parts, request) {
  const open = $('controls').querySelector('details')?.open;
  const focused = document.activeElement?.dataset?.name;
  replace($('result'), parts);
  $('result').setAttribute('aria-busy', 'false');
  controls($('controls'), request, edit);
  const details = $('controls').querySelector('details');
  if (details && open !== undefined) details.open = open;
  if (focused) $('controls').querySelector(`[data-name="${focused}"]`)?.focus();
}

function edit(request) {
  go(addressOf(request));
}

async function read() {
  const question = $('q').value.trim();
  readingNow?.abort();
  if (!question) {
    say('');
    return;
  }
  const mine = (readingNow = new AbortController());
  try {
    const found = await get(`/v1/parse?${new URLSearchParams({ q: question })}`, mine.signal);
    say(found.interpretation, found.ignored);
  } catch (failure) {
    if (failure.name !== 'AbortError') say('', [], `${failure.message}; ${failure.hint}`);
  }
}

function say(interpretation, ignored = [], wrong = '') {
  replace($('reading'), interpretation && [h('b', {}, 'Read as '), interpretation],
    ignored.map((words) => h('span', { class: 'ignored' }, `not understood: ${words}`)),
    wrong && h('span', { class: 'ignored' }, wrong));
}

function switchTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme ?? (dark ? 'dark' : 'light');
  const next = now === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('theme', next);
  if (shown) show(answer(shown, edit), shown.request);
}

start();
