// The start page: searches and filters products as somebody types.

const PAGE_SIZE = 24;
const FEW = 5; // pieces from which on the stock is told by number
const TYPING_PAUSE = 250; // milliseconds

const form = document.getElementById("filters");
const list = document.getElementById("list");
const more = document.getElementById("more");
const status = document.getElementById("status");
const notice = document.getElementById("notice");
const template = document.getElementById("card");

let request = new AbortController();
let nextCursor = null;

// Money and stock -----------------------------------------------------------------------------

// Amounts are whole minor units; how many make one is the currency's own affair.
function money(amount, currency) {
  const format = new Intl.NumberFormat("pt-BR", { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

const DAY = 24 * 60 * 60 * 1000; // milliseconds
const FAR = 300; // days from which on a date is told with its year

// "4 de jan." of "2027-01-04", which is a day and no moment.
function day(date) {
  const then = new Date(`${date}T12:00`);
  const year = then - Date.now() > FAR * DAY ? "numeric" : undefined;
  return new Intl.DateTimeFormat("pt-BR", { day: "numeric", month: "short", year }).format(then);
}

// How much there is, in a tone and in words; of what is sold before it is there also when it comes.
function stock(product) {
  if (product.type === "digital") return ["good", "Chega por e-mail"];
  const available = product.variants.reduce((sum, v) => sum + v.available, 0);
  const ahead = product.variants.map((v) => v.ahead).filter(Boolean)
    .reduce((a, b) => (b.expected_on < a?.expected_on ? b : a ?? b), null);
  if (available === 0 && ahead) {
    const [kind, when] = ahead.kind === "preorder" ? ["Pré-venda", "chega em"] : ["Sob encomenda", "chega até"];
    return ["few", kind, `${when} ${day(ahead.expected_on)}`];
  }
  if (available === 0) return ["gone", "Esgotado"];
  if (available === 1) return ["few", "Última unidade"];
  if (available <= FEW) return ["few", `Últimas ${available} unidades`];
  return ["good", "Em estoque"];
}

// What stands first in a description, without Markdown's marks.
function firstParagraph(markdown) {
  const [first] = markdown.split(/\n\s*\n/);
  return first.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/^[#>\s-]+|[*_`]/gm, "");
}

// Pictures ------------------------------------------------------------------------------------

// Those of the first row are there at once, the others when somebody comes near them.
const AT_ONCE = 4;

// A product's first picture of the shop's own, in the widths that there are. Those of other sites
// stay there: nobody but the shop is to learn who looks at what. One that can't be had, or that
// there is not, leaves its place empty, so that nothing moves.
function picture(element, product, index) {
  const [webp, image] = element.children;
  const first = product.images.find((image) => image.sizes.length);
  const candidates = (format) => first.sizes.map((s) => `${s[format]} ${s.width}w`).join(", ");
  image.onerror = () => element.classList.add("none");
  if (!first) {
    image.onerror();
    return;
  }
  if (index < AT_ONCE) image.loading = "eager";
  webp.srcset = candidates("webp");
  image.srcset = candidates("jpg");
  image.alt = first.alt;
  image.src = first.url;
}

// Cards ---------------------------------------------------------------------------------------

function show(element, text) {
  element.hidden = !text;
  element.append(text || "");
}

// "cor: verde, vinho", of each option that there is a choice of.
function choices(product) {
  return (product.options ?? [])
    .filter((option) => option.values.length > 1)
    .map((option) => `${option.name}: ${option.values.join(", ")}`)
    .join("; ");
}

function card(product, index) {
  const item = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => item.querySelector(selector);
  const cheapest = product.variants.reduce((a, b) => (b.current_price < a.current_price ? b : a));
  const off = Math.floor((100 * (cheapest.price - cheapest.current_price)) / cheapest.price);
  const [tone, text, when] = stock(product);

  picture(part("picture"), product, index);
  part(".brand").textContent = product.brand ?? "";
  part("h3").textContent = product.name;
  part(".about").textContent = firstParagraph(product.description);
  show(part(".choices"), choices(product));
  part(".from").hidden = product.variants.every((v) => v.current_price === cheapest.current_price);
  part("s").hidden = cheapest.current_price === cheapest.price;
  part(".before").textContent = money(cheapest.price, product.currency);
  part("strong").textContent = money(cheapest.current_price, product.currency);
  show(part(".off"), off > 0 && `−${off}%`);
  part(".stock").classList.add(tone);
  part(".what").textContent = text;
  show(part(".when"), when);
  return item;
}

function placeholders() {
  return Array.from({ length: 8 }, () => {
    const item = document.createElement("li");
    item.className = "card coming";
    item.setAttribute("aria-hidden", "true");
    return item;
  });
}

// Loading -------------------------------------------------------------------------------------

// What the form asks for, without what was left empty.
function asked() {
  const filled = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
  return new URLSearchParams(filled);
}

async function get(path, query, signal) {
  const answer = await fetch(`${path}?${query}`, { signal, headers: { Accept: "application/json" } });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? "A loja não respondeu.");
}

function say(text, label, action) {
  const button = notice.querySelector("button");
  notice.querySelector("p").textContent = text;
  button.textContent = label;
  button.onclick = action;
  notice.hidden = false;
  status.textContent = "";
}

function sayNothingFound(query) {
  if (!query.size) {
    say("A loja ainda não tem produtos.", "Procurar de novo", start);
    return;
  }
  const words = query.has("q") ? ` para “${query.get("q")}”` : "";
  say(`Nada encontrado${words}.`, "Limpar a busca", () => {
    form.reset();
    form.elements.q.focus();
    start();
  });
}

let corrected = null; // the words that were searched for in place of those that were typed

function tell() {
  const count = list.children.length;
  const products = count === 1 ? "1 produto" : `${count} produtos`;
  const told = nextCursor ? `${products} mostrados; há mais.` : products;
  status.textContent = corrected ? `Resultados para “${corrected}”: ${told}` : told;
}

function add(page) {
  const before = list.children.length;
  const cards = page.data.map((product, index) => card(product, before + index));
  list.append(...cards);
  nextCursor = page.next_cursor;
  more.hidden = nextCursor === null;
  tell();
  return cards;
}

// The first page of what the form asks for. An answer that is late is not shown any more.
async function start() {
  const query = asked();
  request.abort();
  request = new AbortController();
  const { signal } = request;
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  notice.hidden = true;
  more.hidden = true;
  list.setAttribute("aria-busy", "true");
  if (!list.children.length) list.replaceChildren(...placeholders());
  try {
    const page = await get("/v1/products", `${query}&limit=${PAGE_SIZE}`, signal);
    list.replaceChildren();
    corrected = page.corrected ?? null;
    add(page);
    if (!page.data.length) sayNothingFound(query);
  } catch (error) {
    if (signal.aborted) return;
    list.replaceChildren();
    say(`Não foi possível mostrar os produtos. ${error.message}`, "Tentar de novo", start);
  }
  list.removeAttribute("aria-busy");
}

async function goOn() {
  const query = asked();
  query.set("limit", PAGE_SIZE);
  query.set("cursor", nextCursor);
  const { signal } = request;
  more.disabled = true;
  try {
    const [first] = add(await get("/v1/products", query, signal));
    first?.focus();
  } catch (error) {
    if (!signal.aborted) status.textContent = `Não foi possível carregar mais. ${error.message}`;
  }
  more.disabled = false;
}

// Categories, indented as they stand in the tree; those without any product are left out.
async function offerCategories() {
  const { data } = await get("/v1/categories", "");
  const below = (parent) => data.filter((c) => c.parent_id === parent);
  const options = (parent, depth) => below(parent).flatMap((category) => {
    const inner = options(category.id, depth + 1);
    const label = "\u2003".repeat(depth) + category.name;
    return category.products || inner.length ? [new Option(label, category.slug), ...inner] : [];
  });
  form.elements.category.append(...options(null, 0));
}

// The address keeps what was asked for, so that it can be sent to somebody.
function readAddress() {
  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = form.elements[name];
    if (field?.type === "checkbox") field.checked = value === field.value;
    else if (field) field.value = value;
  }
}

let pause;
form.elements.q.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(start, TYPING_PAUSE);
});
form.addEventListener("change", (event) => {
  if (event.target !== form.elements.q) start();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  start();
});
more.addEventListener("click", goOn);

await offerCategories().catch(() => {}); // without them the rest still works
readAddress();
start();
