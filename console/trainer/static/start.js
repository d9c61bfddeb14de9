// The start page's only movement: the list of scenarios shows those that are looked for.

const field = document.getElementById("find");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("#scenarios > li")].map((row) => ({
  row,
  words: row.dataset.words.toLowerCase(),
}));

function show() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { row, words } of rows) {
    row.hidden = !wanted.every((word) => words.includes(word));
    count += row.hidden ? 0 : 1;
  }
  found.textContent = wanted.length ? `${count} of ${rows.length} scenarios` : `${rows.length} scenarios`;
}

field.closest("[hidden]").hidden = false;
field.addEventListener("input", show);
show();
