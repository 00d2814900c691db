// Charts: the specification comes from the API, Vega from the installed wheel, once somebody looks.
import { get, post } from './api.js';
import { h, replace } from './dom.js';
import { tableOf } from './table.js';

const CHARTS = [
  ['candidates', 'Cost against speed', 'Drawing'],
  ['choices', 'By GPU and format', 'Drawing'],
  ['frontier', 'Cheapest at each speed', 'Solving a plan for each speed, some ten seconds'],
  ['similar', 'Predicted and measured', 'Drawing'],
  ['price-history', 'What it cost before', 'Drawing'],
];
const NARROW = 500;
let vega = null;

export function chartsOf(plan) {
  const body = h('div', { class: 'chart-body', id: 'chart', role: 'tabpanel', 'aria-label': 'Chart', tabindex: 0 });
  const show = (name) => {
    for (const tab of tabs.children) {
      tab.setAttribute('aria-selected', String(tab.dataset.chart === name));
      tab.tabIndex = tab.dataset.chart === name ? 0 : -1;
    }
    const wait = CHARTS.find(([each]) => each === name)[2];
    draw(body, `/v1/plans/${plan.plan_id}/charts/${name}`, `${name}-${plan.plan_id}`, wait);
  };
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Charts' }, CHARTS.map(([name, title], place) =>
    h('button', { type: 'button', role: 'tab', 'aria-controls': 'chart', 'aria-selected': 'false', tabindex: place ? -1 : 0, 'data-chart': name, onclick: () => show(name) }, title)));
  tabs.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...tabs.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    show(next.dataset.chart);
  });
  const section = h('section', { class: 'card charts' }, h('h2', {}, 'In pictures'), tabs, body);
  onceSeen(section, () => show(CHARTS[0][0]));
  return section;
}

// Runs once the element is about to be seen: nobody waits for a picture that nobody looks at.
export function onceSeen(element, run) {
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      seen.disconnect();
      run();
    }
  }, { rootMargin: '200px' });
  seen.observe(element);
}

// Draws the chart at an address of the API into `body`, with its table and its files, named after `file`; `asked` is sent.
export async function draw(body, address, file, wait = 'Drawing', asked = null) {
  replace(body, h('p', { class: 'soft chart-wait', role: 'status' }, `${wait} …`));
  const mine = (body.dataset.drawing = address);
  try {
    const [spec] = await Promise.all([asked ? post(address, asked) : get(address), loadVega()]);
    if (body.dataset.drawing !== mine) return;
    const picture = h('div', { class: 'picture', role: 'img', 'aria-label': spec.title?.text ?? file });
    const save = h('button', { type: 'button', class: 'linkish' }, 'PNG');
    replace(body, picture, tableOf(spec, file, save));
    const { view } = await render(picture, spec);
    save.addEventListener('click', () => download(view, file));
  } catch (failure) {
    if (body.dataset.drawing === mine) replace(body, h('p', { class: 'soft chart-wait', role: 'status' }, `No picture: ${failure.message}`));
  }
}

async function render(picture, spec) {
  const colour = resolvedColour;
  const config = {
    background: 'transparent', font: 'system-ui, sans-serif', view: { stroke: null },
    axis: { labelColor: colour('--soft'), titleColor: colour('--soft'), gridColor: colour('--line'), domainColor: colour('--line'), tickColor: colour('--line') },
    title: { color: colour('--ink'), subtitleColor: colour('--soft') }, legend: { labelColor: colour('--ink'), symbolFillColor: colour('--soft'), symbolStrokeColor: colour('--soft') },
    text: { color: colour('--ink') }, point: { color: colour('--ink') }, circle: { color: colour('--accent') }, line: { color: colour('--accent') },
    range: { category: ['--r0', '--r1', '--r2', '--r3', '--r4', '--r5'].map(colour) },
  };
  const narrow = picture.clientWidth < NARROW;
  const keepHeight = spec.usermeta?.keepHeight;
  const layer = spec.layer?.filter((one) => !narrow || (one.mark.type ?? one.mark) !== 'text');
  const labelled = layer?.some((one) => one.mark.type === 'text' && one.encoding.text.field === 'label' && layer.length === 3);
  const fitted = {
    ...spec, ...(layer && { layer }), ...(narrow && { title: { ...spec.title, subtitle: [], fontSize: 12, limit: picture.clientWidth - 12 } }),
    config, width: 'container', height: keepHeight ? spec.height : narrow ? 260 : 340,
    autosize: { type: 'fit', contains: 'padding' }, padding: { top: 5, bottom: 5, left: 5, right: narrow || !labelled ? 12 : 120 },
  };
  return window.vegaEmbed(picture, fitted, {
    actions: false, ast: true, renderer: 'svg', defaultStyle: false, tooltip: { disableDefaultStyle: true, theme: 'custom' },
  });
}

async function download(view, file) {
  h('a', { href: await view.background(resolvedColour('--card')).toImageURL('png', 2), download: `${file}.png` }).click();
}

// A colour as the browser computes it, since Vega does not read light-dark().
function resolvedColour(name) {
  const probe = h('i', { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function loadVega() {
  vega ??= new Promise((resolve, reject) => {
    const script = h('script', { src: '/assets/vega.js' });
    script.onload = resolve;
    script.onerror = () => { vega = null; reject(new Error('the drawing code did not arrive')); };
    document.head.append(script);
  });
  return vega;
}
