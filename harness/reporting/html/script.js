"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const FIELDS = ["id", "variant", "status", "quarantined", "flaky", "expected", "actual", "dots", "passed", "trials",
    "change", "ms", "tokens", "level", "tags", "search"];
  const rows = data.rows.map((packed, place) => {
    const row = Object.fromEntries(FIELDS.map((name, at) => [name, packed[at]]));
    row.place = place;
    row.address = row.variant ? `${row.id}~${row.variant}` : row.id;
    row.text = `${row.id} ${row.tags.join(" ")} ${row.expected} ${row.actual} ${row.search}`.toLowerCase();
    return row;
  });
  const rank = new Map(data.order.map((place, at) => [place, at]));
  const PAGE = 100;
  const root = document.documentElement;
  let facet = "", facetRows = null, sort = { by: "status", down: false }, found = [], limit = PAGE, at = -1, scroll = 0;

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const number = (value) => value.toLocaleString("en-US");
  const badge = (text, kind = "warn") => make("span", { class: `tag ${kind}` }, text);
  const status = (code) => make("span", { class: `st ${code}` }, make("i", { "aria-hidden": "true" }, data.icons[code]), data.words[code]);

  function line(row) {
    const name = make("td", { class: "id" }, make("a", { href: `#/s/${encodeURIComponent(row.address)}` }, row.id));
    if (row.variant) name.append(" ", badge(row.variant, ""));
    if (row.quarantined) name.append(" ", badge("quarantined"));
    if (row.flaky) name.append(" ", badge("flaky"));
    const way = make("td", { class: "ea" });
    if (row.expected && row.expected !== row.actual) way.append(make("span", {}, row.expected), " → ");
    way.append(make("b", {}, row.actual));
    const dots = make("td", { class: "dots" });
    [...row.dots].forEach((code, layer) => {
      const said = `${data.dots[layer]}: ${data.dotWords[code]}`;
      dots.append(make("span", { class: `d ${code}`, role: "img", "aria-label": said, title: said }, data.icons[code]));
    });
    return make("tr", { class: row.status }, make("td", {}, status(row.status)), name, way, dots,
      make("td", { class: "num" }, `${row.passed}/${row.trials}`), make("td", { class: "chg" }, data.changes[row.change] || ""),
      make("td", { class: "num ms" }, number(row.ms)), make("td", { class: "num tok" }, number(row.tokens)));
  }

  const keys = {
    status: (row) => rank.get(row.place),
    id: (row) => row.id,
    expected: (row) => `${row.expected} ${row.actual}`,
    dots: (row) => row.dots,
    trials: (row) => row.passed / (row.trials || 1),
    change: (row) => row.change || "~",
    ms: (row) => -row.ms,
    tokens: (row) => -row.tokens,
  };
  const value = (id) => ($(id) ? $(id).value : "");

  function filter() {
    if (!$("rows")) return;
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const [state, layer, tag, variant, change] = ["status", "layer", "tag", "variant", "change"].map(value);
    const flaky = $("flaky").checked;
    const fits = (row) =>
      (!facetRows || facetRows.has(row.place)) &&
      (!state || (state === "q" ? row.quarantined : row.status === state)) &&
      (!layer || (layer[0] === "d" ? "fe".includes(row.dots[layer[1]]) : row.level === layer.slice(1))) &&
      (!tag || row.tags.includes(tag)) && (!variant || (row.variant || "-") === variant) &&
      (!change || row.change === change) && (!flaky || row.flaky) && words.every((word) => row.text.includes(word));
    const key = keys[sort.by];
    const sign = sort.down ? -1 : 1;
    found = rows.filter(fits).map((row) => [key(row), row])
      .sort((one, other) => (one[0] < other[0] ? -sign : one[0] > other[0] ? sign : one[1].place - other[1].place))
      .map((pair) => pair[1]);
    limit = PAGE;
    at = -1;
    show();
  }

  function show() {
    const shown = found.slice(0, limit);
    $("rows").replaceChildren(...shown.map(line));
    const fitting = found.length === rows.length ? "" : ` that fit, ${number(rows.length)} in all`;
    $("shown").textContent = shown.length === found.length
      ? `${number(found.length)} of ${number(rows.length)} shown`
      : `first ${number(shown.length)} of ${number(found.length)}${fitting}`;
    $("none").hidden = found.length > 0;
    const rest = Math.min(PAGE, found.length - shown.length);
    $("more").hidden = rest <= 0;
    $("more").textContent = `Show ${number(rest)} more`;
    $("facet").hidden = !facet;
    if (facet) $("facet").textContent = `${data.facets[facet][0]} ✗`;
    $("reset").hidden = !facet && found.length === rows.length;
  }

  function choose(key) {
    facet = key;
    facetRows = key ? new Set(data.facets[key][1]) : null;
    filter();
  }

  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }
  const inflated = new Map();
  function fragments(chunk) {
    if (!inflated.has(chunk)) inflated.set(chunk, inflate($(`c${chunk}`).textContent));
    return inflated.get(chunk);
  }

  async function open(row, trial) {
    const list = await fragments(Math.floor(row.place / data.perChunk));
    if (current() !== row) return;
    if ($("detail").hidden) scroll = window.scrollY;
    $("detail").innerHTML = list[row.place % data.perChunk];
    $("detail").hidden = false;
    $("overview").hidden = true;
    document.title = `${data.words[row.status].toUpperCase()} ${row.id}`;
    if (trial) pick(trial);
    window.scrollTo({ top: 0, behavior: "instant" });
    $("detail").querySelector("h1").focus({ preventScroll: true });
  }

  function close() {
    if ($("detail").hidden) return;
    const last = at;
    const section = /^#[a-z]+$/.test(location.hash) && location.hash !== "#scenarios" && $(location.hash.slice(1));
    $("detail").hidden = true;
    $("detail").replaceChildren();
    $("overview").hidden = false;
    document.title = data.title;
    window.scrollTo({ top: scroll, behavior: "instant" });
    if (section) section.scrollIntoView();
    else focusRow(last, false);
  }

  function address() {
    const match = /^#\/s\/([^/]+)(?:\/(\d+))?$/.exec(location.hash);
    if (!match) return null;
    try {
      return [decodeURIComponent(match[1]), match[2]];
    } catch {
      return [match[1], match[2]];
    }
  }
  function current() {
    const wanted = address();
    return wanted && (rows.find((row) => row.address === wanted[0]) || rows.find((row) => row.id === wanted[0]));
  }
  function go(row) {
    location.hash = `#/s/${encodeURIComponent(row.address)}`;
  }
  function route() {
    const wanted = address();
    const row = current();
    if (row) {
      at = found.indexOf(row);
      open(row, wanted[1]);
    } else {
      close();
      if (wanted && $("shown")) $("shown").textContent = `This run has no scenario ${wanted[0]}`;
    }
  }
  function back() {
    if (!$("detail").hidden) history.replaceState(null, "", location.pathname + location.search + "#scenarios");
    close();
  }

  function focusRow(place, scrollTo = true) {
    if (place < 0 || place >= found.length) return;
    at = place;
    if (place >= limit) {
      limit = Math.ceil((place + 1) / PAGE) * PAGE;
      show();
    }
    const link = $("rows").children[place]?.querySelector("a");
    if (link) link.focus({ preventScroll: !scrollTo });
  }
  function failure(step) {
    const row = current();
    const bad = found.filter((each) => "fe".includes(each.status));
    if (!bad.length) return;
    const here = row ? bad.indexOf(row) : -1;
    const next = here < 0 ? (step > 0 ? 0 : bad.length - 1) : here + step;
    if (bad[next]) go(bad[next]);
  }

  function pick(trial) {
    const detail = $("detail");
    const beside = detail.querySelector("[data-beside]")?.value;
    for (const button of detail.querySelectorAll("[data-trial]")) button.setAttribute("aria-pressed", String(button.dataset.trial === trial));
    for (const each of detail.querySelectorAll("article.trial")) each.hidden = ![trial, beside].includes(each.dataset.number);
    detail.querySelector(".trials").classList.toggle("two", Boolean(beside) && beside !== trial);
  }

  async function copy(button) {
    const text = button.dataset.copy || location.href;
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      const field = make("textarea", {});
      field.value = text;
      document.body.append(field);
      field.select();
      button.textContent = document.execCommand("copy") ? "Copied" : text;
      field.remove();
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function theme(next) {
    root.dataset.theme = next;
    try { localStorage.setItem("harness-theme", next); } catch { /* a page without storage keeps the theme until it closes */ }
  }
  function toggleTheme() {
    theme((root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark");
  }

  root.classList.add("live");
  try {
    const kept = localStorage.getItem("harness-theme");
    if (kept) root.dataset.theme = kept;
  } catch { /* no storage: the system's theme */ }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, button");
    if (!target) return;
    const set = target.dataset;
    if (set.facet) {
      event.preventDefault();
      choose(set.facet);
      $("scenarios").scrollIntoView();
      focusRow(0, false);
    } else if (set.sort) {
      sort = { by: set.sort, down: sort.by === set.sort && !sort.down };
      for (const head of document.querySelectorAll(".list th")) head.removeAttribute("aria-sort");
      target.closest("th").setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      filter();
    } else if (set.trial) pick(set.trial);
    else if ("copy" in set) copy(target);
    else if (set.go === "back") { event.preventDefault(); back(); }
    else if (set.go) failure(set.go === "next" ? 1 : -1);
    else if (target.id === "more") { const first = limit; limit += PAGE; show(); focusRow(first, false); }
    else if (target.id === "facet") choose("");
    else if (target.id === "reset") { $("filters").reset(); choose(""); }
    else if (target.id === "theme") toggleTheme();
    else if (target.id === "help") $("keys").showModal();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-beside]")) pick($("detail").querySelector("[data-trial][aria-pressed=true]").dataset.trial);
  });
  $("filters")?.addEventListener("input", filter);
  $("filters")?.addEventListener("submit", (event) => event.preventDefault());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const overview = $("detail").hidden;
    const actions = {
      "/": () => { if ($("q")) { back(); $("q").focus(); $("q").select(); } },
      j: () => overview && focusRow(at + 1),
      k: () => overview && focusRow(Math.max(0, at - 1)),
      n: () => failure(1),
      p: () => failure(-1),
      t: toggleTheme,
      "?": () => $("keys").showModal(),
      Escape: () => (overview ? facet && choose("") : back()),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
  addEventListener("hashchange", route);
  filter();
  route();
})();
