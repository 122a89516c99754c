// Draws every `<figure data-chart>`: its JSON has `times` in seconds and `lines` of { label, values, unit }.
const drawn = new WeakMap();
const probe = document.createElement('i');
const color = (name) => {
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
};
const utc = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);

/** Where a value has no neighbour to be joined with by a line. */
const lonely = (values) => [...values.keys()].filter((at) => values[at] !== null && values[at - 1] == null && values[at + 1] == null);

function draw(figure) {
  if (drawn.get(figure) === figure.dataset.chart) return;
  drawn.set(figure, figure.dataset.chart);
  const { times, lines } = JSON.parse(figure.dataset.chart);
  const canvas = figure.querySelector('.plot');
  canvas.replaceChildren();
  const strokes = ['--chart-1', '--chart-2'].map(color);
  const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
  new uPlot(
    {
      width: canvas.clientWidth,
      height: 180,
      legend: { show: false },
      cursor: { show: false },
      series: [{}, ...lines.map(({ label, values }, index) => ({ label, stroke: strokes[index], width: 2, points: { size: 6, filter: () => lonely(values) } }))],
      axes: [{ ...axis, values: (_, times) => times.map(utc) }, { ...axis, size: 56 }],
      scales: { y: { range: (_, low, high) => [0, Math.max(high, 1e-3) * 1.1] } },
    },
    [times, ...lines.map(({ values }) => values)],
    canvas,
  );
}

const drawAll = () => document.querySelectorAll('figure[data-chart]').forEach(draw);
const redrawAll = () => {
  document.querySelectorAll('figure[data-chart]').forEach((figure) => drawn.delete(figure));
  drawAll();
};
drawAll();
new MutationObserver(drawAll).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-chart'] });
addEventListener('resize', redrawAll);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
