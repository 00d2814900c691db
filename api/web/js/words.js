// Words for people: money, numbers, names. The same rules as the command line's.
const ENGINES = { vllm: 'vLLM', sglang: 'SGLang', 'trt-llm': 'TensorRT-LLM', tgi: 'TGI' };
const FORMATS = {
  'fp8-weight-only': 'FP8 weight-only', 'int8-w8a8': 'INT8 W8A8', 'awq-int4': 'AWQ INT4', 'gptq-int4': 'GPTQ INT4',
};
export const TERMS = {
  on_demand: 'on demand', spot: 'spot', reserved_1y: 'reserved 1 year', reserved_3y: 'reserved 3 years',
  capacity_block: 'capacity block',
};
const LINKS = {
  'nvswitch-gen3': 'NVLink 3 through NVSwitch', 'nvswitch-gen4': 'NVLink 4 through NVSwitch',
  'nvswitch-gen5': 'NVLink 5 through NVSwitch', nvl72: 'NVLink 5, one rack', 'nvlink-mesh': 'NVLink mesh',
  'nvlink-pair': 'NVLink in pairs', 'infinity-fabric': 'Infinity Fabric', 'pcie-gen4': 'PCIe 4.0',
  'pcie-gen4-poor-host': 'PCIe 4.0, through the CPUs', 'pcie-gen5': 'PCIe 5.0',
};

export const engine = (id) => ENGINES[id] ?? id;
export const format = (id) => FORMATS[id] ?? id.toUpperCase();
export const term = (id) => TERMS[id] ?? id;
export const link = (id) => LINKS[id] ?? id;
export const percent = (fraction) => `${Math.round(fraction * 100)}%`;
export const plural = (count, word) => `${count.toLocaleString('en-US')} ${word}${count === 1 ? '' : 's'}`;
export const tokens = (count) => (count % 1024 === 0 ? `${count / 1024}K` : count.toLocaleString('en-US'));

export function money(usd) {
  const digits = Math.abs(usd) < 1000 ? 2 : 0;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

export function number(value) {
  if (!Number.isFinite(value)) return 'no end';
  if (Math.abs(value) >= 10) return Math.round(value).toLocaleString('en-US');
  return Math.abs(value) >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

export function perMillion(usd) {
  return usd >= 100 ? `$${Math.round(usd).toLocaleString('en-US')}` : `$${Number(usd.toPrecision(3))}`;
}

export function gpu(id) {
  const parts = id.split('-');
  const memory = parts.pop();
  return memory.endsWith('GB') ? `${parts.join(' ')} ${memory.slice(0, -2)} GB` : id.replaceAll('-', ' ');
}

export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function age(day) {
  return Math.max(0, Math.floor((Date.now() - Date.parse(day)) / 86400000));
}

export function run(support) {
  const split = support.pp === 1 ? `tp ${support.tp}` : `tp ${support.tp} pp ${support.pp}`;
  return `${support.model} ${format(support.quantization)} on ${gpu(support.gpu)}, ${engine(support.engine)} ${split}, ` +
    `${plural(support.rows, 'run')} of ${support.source_date} (${support.source_id}), ` +
    `error ${percent(support.median_error_fraction)}`;
}
