"use strict";
// Tables sort and filter, figures and tables are saved. Without this the page only lacks its buttons.
(() => {
  const text = (cell) => (cell ? cell.textContent.trim() : "");
  const factors = { k: 1e3, M: 1e6, G: 1e9 };
  const number = (cell) => {
    const found = /^[-+−]?[\d,]*\.?\d+(e[-+]?\d+)?/i.exec(text(cell));
    if (!found) return null;
    const unit = /^\s?([kMG])\b/.exec(text(cell).slice(found[0].length));
    return Number(found[0].replace("−", "-").replaceAll(",", "")) * (unit ? factors[unit[1]] : 1);
  };
  const compare = (a, b, column) => {
    const [x, y] = [a, b].map((row) => number(row.cells[column]));
    if (x !== null && y !== null && x !== y) return x - y;
    if ((x === null) !== (y === null)) return x === null ? 1 : -1; // what is no number comes last
    return text(a.cells[column]).localeCompare(text(b.cells[column]), undefined, { numeric: true });
  };
  const sort = (table, head) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => compare(a, b, head.cellIndex));
    body.replaceChildren(...(down ? rows.reverse() : rows));
    for (const row of rows) row.classList.remove("b");
  };
  const save = (name, kind, content) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: kind }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const quoted = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const csv = (table) =>
    [...table.rows].map((row) => [...row.cells].map((cell) => quoted(cell.dataset.name ?? text(cell))).join(",")).join("\r\n") + "\r\n";

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("span"); // a real button is not printed again on the next page
      button.role = "button";
      button.tabIndex = 0;
      button.textContent = text(head);
      head.dataset.name = text(head);
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, head));
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort(table, head);
      });
    }
  }
  for (const tools of document.querySelectorAll(".tools")) {
    tools.hidden = false;
    const box = tools.parentElement;
    const table = box.querySelector("table");
    const name = (box.dataset.name ?? table.dataset.name) || "table";
    const input = tools.querySelector("input");
    input?.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of table.tBodies[0].rows) {
        const line = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => line.includes(word));
        count += row.hidden ? 0 : 1;
      }
      tools.querySelector("output").textContent = words.length ? `${count} of ${table.tBodies[0].rows.length}` : "";
    });
    tools.querySelector("button.csv")?.addEventListener("click", () => save(`${name}.csv`, "text/csv;charset=utf-8", "\ufeff" + csv(table)));
    tools.querySelector("button.svg")?.addEventListener("click", () => {
      const source = new XMLSerializer().serializeToString(box.querySelector(".drawing svg"));
      save(`${name}.svg`, "image/svg+xml", `<?xml version="1.0" encoding="utf-8"?>\n${source}`);
    });
  }
})();
