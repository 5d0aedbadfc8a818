"use strict";
/* Evaluates the expressions in the theme's pages (x-on:click="open = !open") without eval.
 *
 * Alpine compiles them with `new AsyncFunction`, for which the Content-Security-Policy would need
 * 'unsafe-eval' on every admin page. Alpine accepts a custom evaluator instead.
 * This one supports the part of JavaScript that the theme's pages use: literals, names, members,
 * calls, ! - + == === != !== < > <= >= && || ?: and =, objects, lists, arrow functions of one
 * expression, `if` and `;`. It blocks the names that turn text into code.
 */
(() => {
  const FORBIDDEN = new Set(["constructor", "prototype", "__proto__", "eval", "Function"]);
  const TOKEN =
    /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_$][\w$]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(===|!==|=>|==|!=|<=|>=|&&|\|\||[-+!<>=?:;,.()[\]{}]))/y;
  const LEVELS = [
    ["||"],
    ["&&"],
    ["==", "===", "!=", "!=="],
    ["<", ">", "<=", ">="],
    ["+", "-"],
  ];
  const CONSTANTS = { true: true, false: false, null: null, undefined };

  // --- text to tokens --------------------------------------------------------------------------

  function tokenise(text) {
    const tokens = [];
    TOKEN.lastIndex = 0;
    while (text.slice(TOKEN.lastIndex).trim()) {
      const start = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (!found) throw new SyntaxError(`Not understood: ${text.slice(start)}`);
      const [, number, name, quoted, sign] = found;
      if (number) tokens.push({ kind: "value", value: Number(number) });
      else if (name) tokens.push({ kind: "name", value: name });
      else if (quoted) tokens.push({ kind: "value", value: unquote(quoted) });
      else tokens.push({ kind: "sign", value: sign });
    }
    return tokens;
  }

  function unquote(quoted) {
    return quoted.slice(1, -1).replace(/\\(.)/g, (_, one) => (one === "n" ? "\n" : one));
  }

  // --- tokens to functions of a scope ----------------------------------------------------------

  class Reader {
    constructor(text) {
      this.text = text;
      this.tokens = tokenise(text);
      this.at = 0;
    }

    sees(value, ahead = 0) {
      const token = this.tokens[this.at + ahead];
      return token !== undefined && token.kind !== "value" && token.value === value;
    }

    takes(value) {
      if (!this.sees(value)) return false;
      this.at += 1;
      return true;
    }

    expect(value) {
      if (!this.takes(value)) throw new SyntaxError(`${value} is missing in: ${this.text}`);
    }

    name() {
      const token = this.tokens[this.at];
      if (!token || token.kind !== "name" || FORBIDDEN.has(token.value)) {
        throw new SyntaxError(`A name is missing in: ${this.text}`);
      }
      this.at += 1;
      return token.value;
    }

    program() {
      const statements = [];
      while (this.at < this.tokens.length) {
        if (!this.takes(";")) statements.push(this.statement());
      }
      return inTurn(statements);
    }

    statement() {
      if (!this.sees("if")) return this.takes("{") ? this.block() : this.expression();
      this.at += 1;
      this.expect("(");
      const test = this.expression();
      this.expect(")");
      const yes = this.statement();
      this.takes(";");
      const no = this.takes("else") ? this.statement() : () => undefined;
      return (scope) => (test(scope) ? yes(scope) : no(scope));
    }

    block() {
      const statements = [];
      while (!this.takes("}")) {
        if (!this.takes(";")) statements.push(this.statement());
      }
      return inTurn(statements);
    }

    expression() {
      const arrow = this.arrow();
      if (arrow) return arrow;
      const left = this.choice();
      if (!this.takes("=")) return left;
      if (!left.assign) throw new SyntaxError(`Nothing to assign to in: ${this.text}`);
      const right = this.expression();
      return (scope) => left.assign(scope, right(scope));
    }

    arrow() {
      let names = null;
      if (this.tokens[this.at]?.kind === "name" && this.sees("=>", 1)) names = [this.name()];
      else if (this.sees("(") && this.sees(")", 1) && this.sees("=>", 2)) {
        names = [];
        this.at += 2;
      }
      if (names === null) return null;
      this.expect("=>");
      const body = this.expression();
      return (scope) => (...given) => {
        const own = Object.fromEntries(names.map((name, place) => [name, given[place]]));
        return body({ ...scope, own: { ...scope.own, ...own } });
      };
    }

    choice() {
      const test = this.binary(0);
      if (!this.takes("?")) return test;
      const yes = this.expression();
      this.expect(":");
      const no = this.expression();
      return (scope) => (test(scope) ? yes(scope) : no(scope));
    }

    binary(level) {
      if (level === LEVELS.length) return this.unary();
      let left = this.binary(level + 1);
      for (;;) {
        const sign = LEVELS[level].find((one) => this.sees(one));
        if (!sign) return left;
        this.at += 1;
        left = combine(sign, left, this.binary(level + 1));
      }
    }

    unary() {
      if (this.takes("!")) {
        const value = this.unary();
        return (scope) => !value(scope);
      }
      if (this.takes("-")) {
        const value = this.unary();
        return (scope) => -value(scope);
      }
      return this.members(this.primary());
    }

    members(start) {
      let value = start;
      for (;;) {
        if (this.takes(".")) value = member(value, constant(this.name()));
        else if (this.takes("[")) {
          value = member(value, this.expression());
          this.expect("]");
        } else if (this.takes("(")) value = call(value, this.list(")"));
        else return value;
      }
    }

    primary() {
      const token = this.tokens[this.at];
      if (token?.kind === "value") {
        this.at += 1;
        return constant(token.value);
      }
      if (this.takes("(")) {
        const inner = this.expression();
        this.expect(")");
        return inner;
      }
      if (this.takes("[")) {
        const items = this.list("]");
        return (scope) => items.map((item) => item(scope));
      }
      if (this.takes("{")) return this.object();
      return variable(this.name());
    }

    list(end) {
      const items = [];
      while (!this.takes(end)) {
        items.push(this.expression());
        if (!this.sees(end)) this.expect(",");
      }
      return items;
    }

    object() {
      const entries = [];
      while (!this.takes("}")) {
        const token = this.tokens[this.at];
        const key = token?.kind === "value" ? String(token.value) : this.name();
        if (token?.kind === "value") this.at += 1;
        this.expect(":");
        entries.push([key, this.expression()]);
        if (!this.sees("}")) this.expect(",");
      }
      return (scope) => Object.fromEntries(entries.map(([key, value]) => [key, value(scope)]));
    }
  }

  const inTurn = (statements) => (scope) =>
    statements.reduce((_, statement) => statement(scope), undefined);

  const constant = (value) => () => value;

  function variable(name) {
    if (Object.hasOwn(CONSTANTS, name)) return constant(CONSTANTS[name]);
    const holder = (scope) => (Object.hasOwn(scope.own, name) ? scope.own : scope.data);
    const read = (scope) => {
      const place = holder(scope);
      return name in place ? place[name] : globalThis[name];
    };
    read.assign = (scope, value) => (holder(scope)[name] = value);
    read.owner = (scope) => (name in holder(scope) ? holder(scope) : globalThis);
    return read;
  }

  function member(object, key) {
    const allowed = (scope) => {
      const name = key(scope);
      if (FORBIDDEN.has(String(name))) throw new TypeError(`${name} is not reached from a page.`);
      return name;
    };
    const read = (scope) => object(scope)[allowed(scope)];
    read.assign = (scope, value) => (object(scope)[allowed(scope)] = value);
    read.method = (scope) => {
      const owner = object(scope);
      return [owner, owner[allowed(scope)]];
    };
    return read;
  }

  function call(callee, parameters) {
    return (scope) => {
      const [owner, work] = callee.method
        ? callee.method(scope)
        : [callee.owner ? callee.owner(scope) : undefined, callee(scope)];
      return work.apply(
        owner,
        parameters.map((one) => one(scope)),
      );
    };
  }

  const OPERATIONS = {
    "==": (one, other) => one == other,
    "!=": (one, other) => one != other,
    "===": (one, other) => one === other,
    "!==": (one, other) => one !== other,
    "<": (one, other) => one < other,
    ">": (one, other) => one > other,
    "<=": (one, other) => one <= other,
    ">=": (one, other) => one >= other,
    "+": (one, other) => one + other,
    "-": (one, other) => one - other,
  };

  function combine(sign, left, right) {
    if (sign === "&&") return (scope) => left(scope) && right(scope);
    if (sign === "||") return (scope) => left(scope) || right(scope);
    return (scope) => OPERATIONS[sign](left(scope), right(scope));
  }

  // --- Alpine ----------------------------------------------------------------------------------

  const known = new Map();

  function compile(text) {
    if (!known.has(text)) {
      const reader = new Reader(text);
      // Object instead of a statement: x-data, x-bind:class.
      known.set(text, reader.sees("{") ? onlyExpression(reader) : reader.program());
    }
    return known.get(text);
  }

  function onlyExpression(reader) {
    const value = reader.expression();
    if (reader.at < reader.tokens.length) throw new SyntaxError(`Too much in: ${reader.text}`);
    return value;
  }

  function evaluator(element, expression) {
    const stack = [{ $el: element }, ...Alpine.closestDataStack(element)];
    return (receive = () => {}, { scope = {}, params = [] } = {}) => {
      const data = Alpine.mergeProxies([scope, ...stack]);
      const isCode = typeof expression === "function";
      let value = isCode ? expression.apply(data, params) : compile(expression)({ data, own: {} });
      if (typeof value === "function") value = value.apply(data, params);
      if (value instanceof Promise) value.then(receive);
      else receive(value);
    };
  }

  document.addEventListener("alpine:init", () => Alpine.setEvaluator(evaluator));
  // htmx can evaluate text itself; the theme does not use that.
  if (globalThis.htmx) htmx.config.allowEval = false;
})();
