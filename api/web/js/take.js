// What to go on with: the command that asks again, the commands that launch, and the files.
import { getText } from './api.js';
import { h, replace } from './dom.js';
import { budgetAddress } from './request.js';

const TABLES = [['.xlsx?download=1', 'Excel workbook'], ['.csv?download=1', 'CSV'], ['', 'JSON']];
const LAUNCH_FILES = [['sh', 'commands'], ['skypilot.yaml', 'SkyPilot'], ['dstack.yaml', 'dstack'], ['kubernetes.yaml', 'Kubernetes'],
  ['tfvars.json', 'Terraform'], ['bench.sh', 'benchmark']];

export function take(plan) {
  const base = `/v1/plans/${plan.plan_id}`;
  const again = plan.question ? `gpumix ask ${quoted(plan.question)}` : `curl -s '${location.origin}${base}'`;
  return h('section', { class: 'card' }, h('h2', {}, 'Take it with you'),
    h('div', { class: 'command' }, h('code', { tabindex: 0 }, again), copy(() => again)),
    h('p', {}, links(TABLES.map(([suffix, name]) => [base + suffix, name])), budget(plan)),
    plan.lines.length > 0 && launch(base),
    h('p', { class: 'soft' }, `Plan ${plan.plan_id}, prices of snapshot ${plan.snapshot.id}: ${plan.snapshot.offers.toLocaleString('en-US')} offers seen ${plan.snapshot.oldest_observed_at} to ${plan.snapshot.newest_observed_at}.`));
}

// The engines' commands, asked for once they are looked at.
function launch(base) {
  const code = h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Launch commands' });
  const shown = h('details', { class: 'launch' }, h('summary', {}, 'Launch it'),
    h('div', { class: 'command' }, code, copy(() => code.textContent)),
    h('p', {}, links(LAUNCH_FILES.map(([suffix, name]) => [`${base}.${suffix}?download=1`, name]))));
  shown.addEventListener('toggle', async () => {
    if (!shown.open || code.textContent) return;
    replace(code, 'Writing the commands …');
    try {
      replace(code, (await getText(`${base}.sh`)).trim());
    } catch (failure) {
      replace(code, `${failure.message} ${failure.hint}`);
    }
  });
  return shown;
}

function copy(text) {
  const button = h('button', { type: 'button', class: 'quiet copy', onclick: async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  } }, 'Copy');
  return button;
}

function budget(plan) {
  const address = budgetAddress(plan);
  return address && [' · ', h('a', { href: address }, 'a budget over the year')];
}

const links = (all) => all.map(([address, name], place) => [place ? ' · ' : '', h('a', { href: address }, name)]);
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
