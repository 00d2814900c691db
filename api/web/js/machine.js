// The machine as a picture: a tile for each GPU, filled as far as its memory is, coloured by replica, and its links.
import { svg } from './dom.js';
import * as words from './words.js';

const MOST_INSTANCES = 4;
const TILE = { width: 92, height: 74, gap: 16 };
const PAD = 18;
const COLOURS = 6;

export function machine(line) {
  const shown = Math.min(line.count, MOST_INSTANCES);
  const one = shape(line);
  const beside = shown > 1 ? 2 : 1;
  const width = beside * one.width + (beside - 1) * 20;
  const height = Math.ceil(shown / beside) * (one.height + 20) - 20;
  const instances = Array.from({ length: shown }, (_, place) =>
    svg('g', { transform: `translate(${(place % beside) * (one.width + 20)} ${Math.floor(place / beside) * (one.height + 20)})` },
      instance(line, place, one)));
  return svg('svg', {
    viewBox: `0 0 ${width} ${height}`, class: 'machine', role: 'img', 'aria-label': described(line),
    'data-width': beside === 1 && one.columns < 3 ? 'narrow' : 'wide',
  }, instances);
}

export function described(line) {
  const more = line.count > MOST_INSTANCES ? ` (${MOST_INSTANCES} drawn)` : '';
  const joined = line.link ? `, joined by ${words.link(line.link)}` : '';
  return `${words.plural(line.count, 'instance')}${more} with ${line.gpus_per_instance} × ${words.gpu(line.gpu)} each${joined}; ` +
    `${words.plural(line.replicas, 'replica')} on ${line.tensor_parallel * line.pipeline_parallel} GPUs each`;
}

function shape(line) {
  const gpus = line.gpus_per_instance;
  const columns = gpus > 4 ? Math.ceil(gpus / 2) : gpus;
  const rows = Math.ceil(gpus / columns);
  const band = gpus > 1 ? 30 : 0;
  const width = Math.max(2 * PAD + columns * (TILE.width + TILE.gap) - TILE.gap, 200);
  return { gpus, columns, rows, band, width, height: 2 * PAD + 22 + rows * TILE.height + (rows === 2 ? 28 : 12) + band };
}

function instance(line, place, one) {
  const left = (one.width - (one.columns * (TILE.width + TILE.gap) - TILE.gap)) / 2;
  const top = PAD + 24;
  const busY = top + TILE.height + (one.rows === 2 ? 14 : 12);
  const tiles = [];
  const wires = [];
  for (let gpu = 0; gpu < one.gpus; gpu += 1) {
    const x = left + (gpu % one.columns) * (TILE.width + TILE.gap);
    const below = gpu >= one.columns;
    const y = below ? busY + one.band + 14 : top;
    if (one.gpus > 1) wires.push(wire(line, x + TILE.width / 2, below ? y : y + TILE.height, below ? busY + one.band : busY));
    tiles.push(tile(line, replicaOf(line, place * one.gpus + gpu), gpu % (line.tensor_parallel * line.pipeline_parallel), x, y));
  }
  return [
    svg('rect', { x: 0.5, y: 0.5, width: one.width - 1, height: one.height - 1, rx: 12, class: 'chassis' }),
    svg('text', { x: PAD, y: PAD + 10, class: 'chassis-name' }, line.instance_type),
    wires,
    one.gpus > 1 && bus(line, left, busY, one),
    tiles,
  ];
}

// Replicas take GPUs from left to right, instance by instance; what is left over stays free.
function replicaOf(line, gpu) {
  const replica = Math.floor(gpu / (line.tensor_parallel * line.pipeline_parallel));
  return replica < line.replicas ? replica : null;
}

function tile(line, replica, rank, x, y) {
  const used = Math.min(1, line.memory.used_gib_per_gpu / line.memory.usable_gib_per_gpu);
  const filled = replica === null ? 0 : used * (TILE.height - 4);
  const stage = line.pipeline_parallel > 1 && replica !== null ? `stage ${Math.floor(rank / line.tensor_parallel) + 1}` : '';
  const many = line.replicas > 1 && replica !== null;
  const label = [many && (stage ? `R${replica + 1}` : `replica ${replica + 1}`), stage].filter(Boolean).join(' ') || words.percent(used);
  const parts = line.gpu.split('-');
  return svg('g', { class: replica === null ? 'tile free' : `tile replica-${replica % COLOURS}`, transform: `translate(${x} ${y})` },
    svg('title', {}, replica === null ? 'free' : `replica ${replica + 1} ${stage}: memory ${words.percent(used)} full`),
    svg('rect', { width: TILE.width, height: TILE.height, rx: 8, class: 'board' }),
    svg('rect', { x: 2, y: 2 + (TILE.height - 4 - filled), width: TILE.width - 4, height: filled, rx: 6, class: 'filled' }),
    svg('text', { x: 10, y: 22, class: 'gpu-name' }, name(parts)),
    svg('text', { x: 10, y: 38, class: 'gpu-memory' }, `${parts.at(-1).replace('GB', '')} GB`),
    svg('text', { x: 10, y: TILE.height - 10, class: 'gpu-replica' }, replica === null ? 'free' : label));
}

const name = (parts) => parts.slice(0, -1).filter((part) => !['SXM', 'PCIe', 'NVL'].includes(part)).join(' ').replace('RTX PRO', 'PRO').slice(0, 11);

const fast = (line) => line.link && !line.link.startsWith('pcie');

function wire(line, x, from, to) {
  if (fast(line)) {
    return [-12, 0, 12].map((shift) => svg('line', { x1: x + shift, y1: from, x2: x + shift, y2: to, class: 'wire fast' }));
  }
  return svg('line', { x1: x, y1: from, x2: x, y2: to, class: 'wire' });
}

function bus(line, left, y, one) {
  const width = one.columns * (TILE.width + TILE.gap) - TILE.gap;
  const text = line.link ? words.link(line.link) : 'link not known';
  return svg('g', {},
    svg('rect', { x: left, y, width, height: one.band, rx: 7, class: fast(line) ? 'bus fast' : 'bus' }),
    svg('text', { x: left + width / 2, y: y + one.band / 2 + 4, class: fast(line) ? 'bus-name fast' : 'bus-name' }, text));
}
