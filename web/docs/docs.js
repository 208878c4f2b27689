// Renders the contract for people: openapi.yaml as it is published, nothing besides.

import { parse } from "./yaml.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

let contract;

// h("p", {class: "x"}, "text", element...): an element. Texts are never read as HTML.
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// What a reference stands for, with the description beside it if there is one.
function resolve(node) {
  if (!node?.$ref) return node;
  const path = node.$ref.slice(2).split("/");
  const found = resolve(path.reduce((at, part) => at[part], contract));
  const { description = found.description } = node;
  return { ...found, title: path.at(-1), description };
}

// Text ----------------------------------------------------------------------------------------

// `code` and **strong** within a line.
function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)/).map((part) => {
    if (part.startsWith("`")) return h("code", null, part.slice(1, -1));
    if (part.startsWith("**")) return h("strong", null, part.slice(2, -2));
    if (part.startsWith("*")) return h("em", null, part.slice(1, -1));
    return part;
  });
}

// Headings, numbered lists and paragraphs: what the contract's descriptions are made of.
function prose(text) {
  return text.trim().split(/\n\n+/).map((block) => {
    if (block.startsWith("## ")) return h("h3", null, block.slice(3));
    if (!block.startsWith("1. ")) return h("p", null, inline(block));
    const items = block.split(/\n?\d+\. +/).filter(Boolean);
    return h("ol", null, items.map((item) => h("li", null, inline(item))));
  });
}

// Schemas -------------------------------------------------------------------------------------

const objectOf = (schema) => (schema.properties ? schema : schema.items && resolve(schema.items));

function typeOf(schema) {
  if ("const" in schema) return JSON.stringify(schema.const);
  const types = [schema.type].flat().map((type) => {
    if (type === "array") return `list of ${typeOf(resolve(schema.items))}`;
    return type === "object" && schema.title ? schema.title : type;
  });
  return types.join(" or ");
}

const UNITS = { string: " characters", array: " items", object: " members" };

// What is asked of a value beyond its type, in words.
function bounds(schema) {
  const least = schema.minimum ?? schema.minLength ?? schema.minItems;
  const most = schema.maximum ?? schema.maxLength ?? schema.maxItems ?? schema.maxProperties;
  const unit = UNITS[[schema.type].flat()[0]] ?? "";
  const words = [];
  if (schema.enum) words.push(`one of ${schema.enum.map(String).join(", ")}`);
  if (schema.format && schema.format !== "int64") words.push(schema.format);
  if (least !== undefined && most !== undefined) words.push(`${least} to ${most}${unit}`);
  else if (most !== undefined) words.push(`at most ${most}${unit}`);
  else if (least) words.push(`at least ${least}${unit}`);
  if (schema.default !== undefined) words.push(`${schema.default} if left out`);
  return words.join("; ");
}

function row(name, schema, required, place = "") {
  const example = schema.examples?.[0] ?? schema.example;
  const inner = objectOf(schema);
  return h("div", { class: "row" },
    h("dt", null, h("code", null, name), required ? h("span", { class: "must" }, "required") : null,
      h("span", { class: "type" }, typeOf(schema) + place)),
    h("dd", null,
      h("p", null, inline(schema.description ?? "")),
      bounds(schema) ? h("p", { class: "bounds" }, bounds(schema)) : null,
      example !== undefined
        ? h("p", { class: "bounds" }, "for example ", h("code", null, JSON.stringify(example)))
        : null,
      inner?.properties
        ? h("details", null, h("summary", null, inner.title ?? name), members(inner))
        : null));
}

function members(schema) {
  const required = new Set(schema.required);
  return h("dl", null, Object.entries(schema.properties).map(([name, value]) =>
    row(name, resolve(value), required.has(name))));
}

function content(media) {
  if (!media) return [];
  const { schema, example } = Object.values(media)[0];
  const whole = resolve(schema);
  const inner = objectOf(whole) ?? whole;
  return [
    h("p", { class: "media" }, Object.keys(media).join(" or "), ": ",
      whole === inner ? whole.title ?? typeOf(whole) : `list of ${inner.title}`),
    inner.properties ? members(inner) : null,
    example ? h("pre", { tabindex: "0" }, JSON.stringify(example, null, 2)) : null,
  ];
}

// Operations ----------------------------------------------------------------------------------

function parametersOf(item, operation) {
  const all = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  if (!all.length) return null;
  const line = (p) => row(p.name, { ...resolve(p.schema), ...p }, p.required, ` in the ${p.in}`);
  return h("details", null, h("summary", null, "Parameters"), h("dl", null, all.map(line)));
}

function bodyOf(operation) {
  const body = resolve(operation.requestBody);
  if (!body) return null;
  return h("details", null, h("summary", null, body.required ? "Body" : "Body (may be left out)"),
    content(body.content));
}

function responsesOf(operation) {
  const all = Object.entries(operation.responses).map(([status, told]) => [status, resolve(told)]);
  all.sort(([a], [b]) => (a < b ? -1 : 1)); // keys that are numbers come first by themselves
  return all.map(([status, told]) => h("details", { class: `status s${status[0]}` },
    h("summary", null, h("b", null, status === "default" ? "else" : status), " ",
      inline(told.description)),
    told.headers
      ? h("p", { class: "media" }, `Headers: ${Object.keys(told.headers).join(", ")}`)
      : null,
    content(told.content)));
}

function operationView(path, method, item) {
  const operation = item[method];
  return h("article", { id: operation.operationId },
    h("h3", null, operation.summary),
    h("p", { class: "call" },
      h("b", { class: method }, method.toUpperCase()), " ", h("code", null, path)),
    prose(operation.description),
    h("p", { class: "who" }, "Who may: ", h("code", null, operation["x-permission"])),
    parametersOf(item, operation),
    bodyOf(operation),
    h("h4", null, "Answers"),
    responsesOf(operation));
}

// The operations of a tag, which is the first one that an operation names.
function operationsOf(tag) {
  return Object.entries(contract.paths).flatMap(([path, item]) => METHODS
    .filter((method) => item[method]?.tags[0] === tag.name)
    .map((method) => ({ path, method, item, operation: item[method] })));
}

function contentsOf(tags) {
  return tags.map(({ tag, operations }) => h("section", null,
    h("h2", null, tag.name),
    h("ul", null, operations.map(({ operation }) =>
      h("li", null, h("a", { href: `#${operation.operationId}` }, operation.summary))))));
}

async function show() {
  const main = document.getElementById("contract");
  const answer = await fetch("/openapi.yaml");
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  contract = parse(await answer.text());
  const tags = contract.tags.map((tag) => ({ tag, operations: operationsOf(tag) }));
  const contents = document.querySelector("#contents details");
  contents.append(...contentsOf(tags));
  contents.open = matchMedia("(min-width: 900px)").matches;
  main.replaceChildren(
    h("h2", null, `${contract.info.title} ${contract.info.version}`),
    ...prose(contract.info.description),
    ...tags.map(({ tag, operations }) => h("section", null,
      h("h2", null, tag.name), h("p", null, tag.description),
      operations.map(({ path, method, item }) => operationView(path, method, item)))));
  main.removeAttribute("aria-busy");
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

show().catch((error) => {
  const text = `The contract can't be shown. ${error.message}`;
  document.querySelector("#contract p").textContent = text;
});
