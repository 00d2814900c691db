// A plan request as parameters of /v1/plan and back into the address; where they cannot carry it, as JSON.
const NAMES = {
  workload: {
    users: 'users', tok_per_s_per_user: 'tok_per_s', context_tokens: 'context', input_tokens: 'input_tokens',
    output_tokens: 'output_tokens', request_rate_per_s: 'request_rate', output_tok_per_s: 'output_tok_per_s',
    prefix_cache_hit_fraction: 'prefix_cache_hit_fraction',
  },
  slo: { ttft_s: 'ttft_s', tpot_ms: 'tpot_ms', percentile: 'percentile' },
  quality: { min_tier: 'min_tier', quantizations: 'quantization' },
  allow: {
    providers: 'provider', tiers: 'tier', regions: 'region', continents: 'continent', gpus: 'gpu', engines: 'engine',
    terms: 'term', links: 'link',
  },
  deny: { providers: 'deny_provider', regions: 'deny_region', gpus: 'deny_gpu' },
  limits: {
    max_usd_per_hour: 'max_usd_per_hour', max_spot_fraction: 'max_spot_fraction', max_instances: 'max_instances',
    max_kinds: 'max_kinds',
  },
  spot: { losses: 'spot_losses' },
};
const TOP = ['model', 'survive_loss', 'hours_per_month', 'as_of', 'max_price_age_days'];
const USUAL = {
  percentile: '95', min_tier: 'good', tier: 'hyperscaler,neocloud', term: 'on_demand', survive_loss: 'none',
  engine: 'vllm,sglang,trt-llm,llama.cpp', hours_per_month: '730', prefix_cache_hit_fraction: '0',
};
export const QUALITIES = ['lossless', 'near-lossless', 'good', 'degraded', 'severe'];

// The address state of a request: {params} for GET /v1/plan, or {request} for POST /v1/plans.
export function addressOf(request) {
  const params = new URLSearchParams();
  const put = (name, value) => {
    if (value == null || (Array.isArray(value) && !value.length)) return;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (USUAL[name] !== text) params.set(name, text);
  };
  for (const name of TOP) put(name, request[name]);
  for (const [part, names] of Object.entries(NAMES)) {
    for (const [field, name] of Object.entries(names)) put(name, request[part][field]);
  }
  return carried(request) ? params : new URLSearchParams({ request: JSON.stringify(request) });
}

// The budget of the load of a plan, as an address of the page; null where an address cannot carry it.
export function budgetAddress(plan) {
  const params = addressOf(plan.request);
  if (params.has('request') || plan.status === 'infeasible') return null;
  return `/?${new URLSearchParams([['view', 'budget'], ['model', plan.request.model], ...[...params].filter(([name]) => name !== 'model')])}`;
}

function carried(request) {
  const { workload, slo, deny, limits, spot, confidence } = request;
  const denied = ['tiers', 'continents', 'engines', 'terms', 'links'].some((name) => deny[name].length);
  const names = [...Object.values(request.allow), ...Object.values(deny), request.quality.quantizations].flat();
  const limited = Object.keys(limits).some((name) => name !== 'quotas' && !(name in NAMES.limits) && limits[name] != null);
  const usualSpot = spot.replace_minutes === 60 && spot.interruptions_per_month == null;
  return !(limited || !usualSpot || request.current.length || workload.buckets.length || slo.tok_per_s_per_user || denied || confidence != null ||
    Object.keys(limits.quotas).length || names.some((name) => name.includes(',')));
}

export function changed(request, part, values) {
  if (part === null) return { ...request, ...values };
  return { ...request, [part]: { ...request[part], ...values } };
}

// The request after a change that the plan proposes in words, or null where the words are for people only.
export function applied(request, words) {
  for (const [pattern, apply] of CHANGES) {
    const found = pattern.exec(words);
    if (found) return apply(request, found);
  }
  return null;
}

const withSpeed = (request, speed) =>
  changed(changed(request, 'slo', { tok_per_s_per_user: null, tpot_ms: null }), 'workload', {
    tok_per_s_per_user: speed,
  });
const whole = (text) => Number(text.replaceAll(',', ''));
const withContext = (request, tokens) => { // the answer stays as long as it is: a sixteenth, at most 512 tokens
  const answer = Math.min(512, Math.max(1, Math.floor(request.workload.context_tokens / 16)));
  const sizes = { context_tokens: null, input_tokens: tokens - answer, output_tokens: answer };
  return changed(request, 'workload', sizes);
};
const also = (request, field, name) =>
  changed(request, 'allow', { [field]: [...new Set([...request.allow[field], name])] });

const CHANGES = [
  [/^([\d.]+) tok\/s( per user)?$/, (request, found) => withSpeed(request, Number(found[1]))],
  [/^any speed$/, (request) => withSpeed(request, null)],
  [/^first token in ([\d.]+) s$/, (request, found) => changed(request, 'slo', { ttft_s: Number(found[1]) })],
  [/^([\d,]+) tokens of context$/, (request, found) => withContext(request, whole(found[1]))],
  [/^prompts of ([\d,]+) tokens$/, (request, found) => changed(request, 'workload', { input_tokens: whole(found[1]) })],
  [/^any time$/, (request) => changed(request, 'slo', { ttft_s: null })],
  [/^spot as well$/, (request) => also(request, 'terms', 'spot')],
  [/^marketplace hosts as well$/, (request) => also(request, 'tiers', 'marketplace')],
  [/^(\S+) formats as well$/, (request, found) => changed(request, 'quality', { min_tier: found[1] })],
  [/^any (providers|regions|continents|gpus|links)$/, (request, found) =>
    changed(changed(request, 'allow', { [found[1]]: [] }), 'deny', { [found[1]]: [] })],
  [/^(\d+) instances$/, (request, found) => changed(request, 'limits', { max_instances: Number(found[1]) })],
  [/^(\d+) kinds$/, (request, found) => changed(request, 'limits', { max_kinds: Number(found[1]) })],
  [/^\$([\d.,]+)\/h$/, (request, found) =>
    changed(request, 'limits', { max_usd_per_hour: Number(found[1].replaceAll(',', '')) })],
  [/^([\d,]+) tokens$/, (request, found) => shorter(request, Number(found[1].replaceAll(',', '')))],
  [/^tolerate (one|\d+) preemptions?( at once)?$/, (request, found) =>
    changed(request, 'spot', { losses: found[1] === 'one' ? 1 : Number(found[1]) })],
  [/^only the average of spot$/, (request) => changed(request, 'spot', { losses: 0 })],
  [/^no spare capacity$/, (request) => changed(request, null, { survive_loss: 'none' })],
  [/^older prices$/, (request) => changed(request, null, { max_price_age_days: null })],
  [/^the point estimate$/, (request) => changed(request, null, { confidence: null })],
];

function shorter(request, tokens) {
  const { context_tokens: context, output_tokens: output } = request.workload;
  const size = context != null ? { context_tokens: tokens } : { input_tokens: tokens - output };
  return changed(request, 'workload', size);
}

// The request after all the conflicts that share one smallest change, or null where one of them is for people only.
export function resolved(request, conflicts) {
  return conflicts.reduce((found, conflict) => found && applied(found, conflict.needed), request);
}
