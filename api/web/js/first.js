// Before the first paint: light or dark as it was chosen here, and the frame of what the address asks for.
{
  const root = document.documentElement;
  const chosen = localStorage.getItem('theme');
  if (chosen) root.dataset.theme = chosen;
  const asked = new URLSearchParams(location.search);
  if (asked.size) root.classList.add('asked');
  if (asked.get('view') === 'prices') root.classList.add('at-prices');
}
