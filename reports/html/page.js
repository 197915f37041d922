'use strict';
// Brings the filters of the table to life. The page is complete without this.
(() => {
  const form = document.getElementById('filter');
  const words = document.getElementById('words');
  const shown = document.getElementById('shown');
  const boxes = [...form.querySelectorAll('input[type=checkbox]')];
  const rows = [...document.querySelectorAll('#expectations tbody tr')].map((element) => ({
    element,
    result: element.className,
    text: element.textContent.toLowerCase(),
    ports: element.querySelector('.list').textContent,
  }));

  // Whether a list like "80,443,8000-8100" has the port.
  const covers = (list, port) => list.split(',').some((item) => {
    const [first, last = first] = item.split('-').map(Number);
    return first <= port && port <= last;
  });
  const isPort = (word) => /^\d{1,5}$/.test(word);
  const matches = (row, word) =>
    isPort(word) ? covers(row.ports, Number(word)) : row.text.includes(word);

  const update = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const results = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const row of rows) {
      const visible = results.has(row.result) && wanted.every((word) => matches(row, word));
      row.element.hidden = !visible;
      count += visible;
    }
    shown.textContent = `${count} of ${rows.length}`;
  };

  // A kind of result that no row has needs no box.
  for (const box of boxes) {
    box.parentElement.hidden = !rows.some((row) => row.result === box.value);
  }
  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => event.preventDefault());
  addEventListener('beforeprint', () => {
    document.querySelectorAll('details').forEach((details) => { details.open = true; });
  });
  form.hidden = false;
  update();
})();
