// The API: JSON in, JSON out, and every failure as a Failure with a sentence and what to do next.
export class Failure extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || 'The server did not answer.');
    this.hint = problem.hint || '';
    this.fields = problem.errors || [];
  }
}

export const key = {
  get: () => document.querySelector('input[name=key]')?.value || sessionStorage.getItem('key') || '',
  keep: (value) => value && sessionStorage.setItem('key', value),
};

export async function get(path, signal) {
  return answer(() => fetch(path, { signal, headers: headers() }));
}

export async function post(path, body, signal) {
  const request = { method: 'POST', signal, body: JSON.stringify(body) };
  return answer(() => fetch(path, { ...request, headers: { ...headers(), 'Content-Type': 'application/json' } }));
}

export async function postFile(path, body) {
  const request = { method: 'POST', body: JSON.stringify(body), headers: { ...headers(), 'Content-Type': 'application/json' } };
  const response = await reached(() => fetch(path, request));
  if (!response.ok) throw new Failure(await response.json().catch(() => ({})));
  return response.blob();
}

export async function getText(path) {
  const response = await reached(() => fetch(path, { headers: headers() }));
  if (!response.ok) throw new Failure(await response.json().catch(() => ({})));
  return response.text();
}

function headers() {
  const token = key.get();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function answer(ask) {
  const response = await reached(ask);
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new Failure(document);
  return document;
}

async function reached(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure({ detail: 'The server cannot be reached.', hint: 'Is gpumix serve still running? Then try again.' });
  }
}
