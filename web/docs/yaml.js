// Reads the plain kind of YAML that the contract is written in: maps and lists by indentation,
// [lists] and {maps} in brackets, quoted and plain scalars, | and >- texts, comments on lines of
// their own. No anchors, tags or documents. A test holds it against a whole YAML reader.

const KEY = /^(?:'([^']*)'|([^\s'"[{][^]*?)):(?: +([^]*))?$/;
const WORDS = new Map([["null", null], ["true", true], ["false", false]]);

function scalar(text) {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text.startsWith('"')) return JSON.parse(text);
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return WORDS.has(text) ? WORDS.get(text) : text;
}

// Values in brackets.
class Flow {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found?.[0].trim();
  }

  // The items up to the closing bracket.
  items(close, item) {
    this.at += 1;
    this.take(/\s*/y);
    while (this.text[this.at] !== close) {
      if (this.at >= this.text.length) throw new SyntaxError(`no ${close}: ${this.text}`);
      item();
      this.take(/\s*,?\s*/y);
    }
    this.at += 1;
  }

  value() {
    const all = this.text[this.at] === "[" ? [] : {};
    if (this.text[this.at] === "[") {
      this.items("]", () => all.push(this.value()));
    } else if (this.text[this.at] === "{") {
      this.items("}", () => {
        const key = String(scalar(this.take(/'[^']*'|[^:]+/y)));
        this.take(/:\s*/y);
        all[key] = this.value();
      });
    } else {
      return scalar(this.take(/'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^,\]}]+/y));
    }
    return all;
  }
}

class Reader {
  constructor(text) {
    this.lines = text.split("\n");
    this.at = 0;
  }

  // The indentation of the next line that says something; -1 at the end.
  indent() {
    while (this.at < this.lines.length && /^\s*(#|$)/.test(this.lines[this.at])) this.at += 1;
    return this.at < this.lines.length ? this.lines[this.at].search(/\S/) : -1;
  }

  // Lines that stand deeper than indent, joined; blank ones among them count.
  deeper(indent) {
    const from = this.at;
    const inside = (line) => line.trim() === "" || line.search(/\S/) > indent;
    while (this.at < this.lines.length && inside(this.lines[this.at])) this.at += 1;
    const lines = this.lines.slice(from, this.at);
    const margin = Math.min(...lines.filter((l) => l.trim()).map((l) => l.search(/\S/)));
    return lines.map((l) => l.slice(margin)).join("\n").trimEnd();
  }

  block(indent) {
    const list = this.lines[this.at].startsWith("- ", indent);
    const all = list ? [] : {};
    while (this.indent() === indent) {
      const line = this.lines[this.at];
      if (list) {
        this.lines[this.at] = line.slice(0, indent) + "  " + line.slice(indent + 2);
        all.push(this.item(indent + 2));
      } else {
        const [, quoted, plain, rest = ""] = KEY.exec(line.trim()) ?? [];
        if ((quoted ?? plain) === undefined) throw new SyntaxError(`line ${this.at + 1}: ${line}`);
        this.at += 1;
        all[quoted ?? plain] = this.value(rest, indent);
      }
    }
    return all;
  }

  // An item of a list: a map that begins on its line, or a value.
  item(indent) {
    const text = this.lines[this.at].slice(indent);
    if (KEY.test(text)) return this.block(indent);
    this.at += 1;
    return this.value(text, indent - 2);
  }

  value(text, indent) {
    if (text === "|") return `${this.deeper(indent)}\n`;
    if (text === ">-") return this.deeper(indent).replace(/\n(\n*)/g, (_, more) => more || " ");
    if (text === "") return this.indent() > indent ? this.block(this.indent()) : null;
    if (/^[[{]/.test(text)) return new Flow(`${text}\n${this.deeper(indent)}`).value();
    return scalar(text);
  }
}

export function parse(text) {
  const reader = new Reader(text);
  return reader.block(reader.indent());
}
