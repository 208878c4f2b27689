// The account page: what the links of the shop's letters open. A link is /account/#KIND=TOKEN; the
// part behind # is not sent to any server, and leaves the address bar before anything else is done.
// Nothing happens by opening a link alone, as programs that check letters open them, too.

const TEXTS = {
  "pt-BR": {
    other: "English",
    home: "Ir para a loja",
    email: "E-mail",
    password: "Nova senha",
    ownPassword: "Senha",
    hint: "De 8 a 128 caracteres, quaisquer que sejam: uma frase é fácil de lembrar.",
    ownHint: "A que você escolheu no cadastro.",
    show: "Mostrar",
    hide: "Ocultar",
    unreachable: "A loja não respondeu. Verifique a sua conexão e tente de novo.",
    spentTitle: "Este link não vale mais",
    spentText: "Ele já foi usado, ou o prazo dele passou.",
    confirm: {
      title: "Confirme o seu e-mail",
      text: "Falta só isto para a sua conta funcionar. Se não foi você quem se cadastrou, feche esta página.",
      action: "Confirmar e-mail",
      doneTitle: "E-mail confirmado",
      doneText: "A sua conta está pronta: já dá para entrar com o seu e-mail e a sua senha.",
    },
    email_change: {
      title: "Confirme o seu novo e-mail",
      text: "Depois disso, é com ele que você entra na sua conta.",
      action: "Confirmar novo e-mail",
      doneTitle: "E-mail trocado",
      doneText: "De agora em diante, entre na sua conta com o novo e-mail.",
      spentText: "Ele já foi usado, ou o prazo dele passou. Peça a troca de novo na sua conta.",
    },
    reset: {
      title: "Escolha uma nova senha",
      text: "Ela passa a valer agora, e todos os acessos abertos à sua conta se encerram.",
      action: "Guardar senha",
      doneTitle: "Senha trocada",
      doneText: "Já dá para entrar na sua conta com a nova senha.",
    },
    forgot: {
      title: "Esqueceu a senha?",
      text: "Diga o e-mail da sua conta e mandamos um link para escolher outra.",
      action: "Mandar link",
      doneTitle: "Veja o seu e-mail",
      doneText: "Se houver uma conta com este e-mail, o link chega em instantes. Confira também o lixo eletrônico.",
      again: "Pedir outro link",
    },
    resend: {
      title: "Receber outro link",
      text: "Diga o e-mail com que você se cadastrou e mandamos outro link de confirmação.",
      action: "Mandar link",
      doneTitle: "Veja o seu e-mail",
      doneText: "Se houver um cadastro à espera com este e-mail, o link chega em instantes. Confira também o lixo eletrônico.",
      again: "Pedir outro link",
    },
  },
  en: {
    other: "Português",
    home: "Go to the shop",
    email: "E-mail",
    password: "New password",
    ownPassword: "Password",
    hint: "8 to 128 characters of any kind: a sentence is easy to remember.",
    ownHint: "The one you chose when you registered.",
    show: "Show",
    hide: "Hide",
    unreachable: "The shop did not answer. Check your connection and try again.",
    spentTitle: "This link is no longer valid",
    spentText: "It was used already, or its time is over.",
    confirm: {
      title: "Confirm your e-mail",
      text: "This is all that your account still needs. If it was not you who registered, close this page.",
      action: "Confirm e-mail",
      doneTitle: "E-mail confirmed",
      doneText: "Your account is ready: sign in with your e-mail and your password.",
    },
    email_change: {
      title: "Confirm your new e-mail",
      text: "From then on, you sign in with it.",
      action: "Confirm new e-mail",
      doneTitle: "E-mail changed",
      doneText: "From now on, sign in with your new e-mail.",
      spentText: "It was used already, or its time is over. Ask for the change again in your account.",
    },
    reset: {
      title: "Choose a new password",
      text: "It holds at once, and everybody who is signed in to your account is signed out.",
      action: "Save password",
      doneTitle: "Password changed",
      doneText: "You can sign in with your new password now.",
    },
    forgot: {
      title: "Forgot your password?",
      text: "Give the e-mail of your account, and we send a link for choosing another.",
      action: "Send link",
      doneTitle: "Look into your mail",
      doneText: "If there is an account with this e-mail, the link arrives in a moment. Look among the junk mail, too.",
      again: "Ask for another link",
    },
    resend: {
      title: "Get another link",
      text: "Give the e-mail that you registered with, and we send another confirmation link.",
      action: "Send link",
      doneTitle: "Look into your mail",
      doneText: "If a registration waits with this e-mail, the link arrives in a moment. Look among the junk mail, too.",
      again: "Ask for another link",
    },
  },
};

// What a view sends, which field it asks for, and where another link can be had.
const VIEWS = {
  confirm: { method: "PUT", path: "/v1/email-confirmations", field: "password", another: "resend" },
  email_change: { method: "PUT", path: "/v1/email-confirmations" },
  reset: { method: "PUT", path: "/v1/password-resets", field: "password", another: "forgot" },
  forgot: { method: "POST", path: "/v1/password-resets", field: "email" },
  resend: { method: "POST", path: "/v1/email-confirmations", field: "email" },
};

// The kinds of links (lib/letter.h).
const KINDS = new Map([["confirm", "confirm"], ["email", "email_change"], ["reset", "reset"]]);

const part = (id) => document.getElementById(id);
const [panel, form, action, again] = ["panel", "form", "action", "again"].map(part);
const fields = { email: part("email"), password: part("password") };

let language = navigator.languages.find((tag) => /^(pt|en)\b/.test(tag))?.startsWith("en") ? "en" : "pt-BR";
let token = null;
let view = "forgot";
let phase = "ask"; // then "done", or "spent" for a link that is no longer valid
let fault = ""; // what the API said

// Showing -------------------------------------------------------------------------------------

function words() {
  const texts = TEXTS[language], own = texts[view];
  if (phase === "done") return [own.doneTitle, own.doneText];
  if (phase === "spent") return [texts.spentTitle, own.spentText ?? texts.spentText];
  return [own.title, own.text];
}

function showFields(texts) {
  const wanted = phase === "ask" ? VIEWS[view].field : null;
  for (const [name, input] of Object.entries(fields)) {
    part(`${name}-field`).hidden = name !== wanted;
    part(`${name}-field`).querySelector("label").textContent = texts[name];
    input.required = name === wanted;
    input.setAttribute("aria-invalid", String(name === wanted && fault !== ""));
  }
  const own = view === "confirm"; // the password is there already
  part("password-field").querySelector("label").textContent = own ? texts.ownPassword : texts.password;
  part("hint").textContent = own ? texts.ownHint : texts.hint;
  fields.password.autocomplete = own ? "current-password" : "new-password";
  const shown = fields.password.type === "text";
  part("show").textContent = shown ? texts.hide : texts.show;
}

function render() {
  const texts = TEXTS[language], { another } = VIEWS[view];
  const [title, text] = words();
  document.documentElement.lang = language;
  document.title = `${title} · Vendas`;
  panel.dataset.phase = phase;
  part("title").textContent = title;
  part("text").textContent = text;
  part("fault").textContent = fault;
  showFields(texts);
  form.hidden = phase !== "ask";
  action.textContent = texts[view].action;
  again.hidden = phase !== "spent" || !another;
  again.textContent = another ? texts[another].again : "";
  panel.querySelector(".home a").textContent = texts.home;
  part("language").textContent = texts.other;
  part("language").lang = language === "en" ? "pt-BR" : "en";
  part("language").hidden = panel.hidden = false;
}

// Another step: a screen reader reads its title, a keyboard goes on from there.
function go(nextView, nextPhase) {
  [view, phase, fault] = [nextView, nextPhase, ""];
  fields.password.type = "password";
  render();
  const input = phase === "ask" && fields[VIEWS[view].field];
  (input || part("title")).focus();
}

// Asking the API ------------------------------------------------------------------------------

async function send() {
  const { method, path, field } = VIEWS[view];
  const body = method === "PUT" ? { token } : {};
  if (field) body[field] = fields[field].value;
  const answer = await fetch(path, {
    method,
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    headers: { "Content-Type": "application/json", "Accept-Language": language },
  });
  return answer.ok ? null : answer.json();
}

// A link that was used or has run out can't be tried again; all else can.
function refuse(problem) {
  const [first] = problem.errors ?? [];
  if (first?.pointer === "/token") {
    go(view, "spent");
    return;
  }
  fault = first?.detail ?? problem.detail;
  render();
  fields[VIEWS[view].field]?.focus();
}

async function submit() {
  action.disabled = true;
  try {
    const problem = await send();
    if (problem) {
      refuse(problem);
    } else {
      token = null;
      form.reset();
      go(view, "done");
    }
  } catch {
    fault = TEXTS[language].unreachable;
    render();
  }
  action.disabled = false;
}

// What people do ------------------------------------------------------------------------------

// What the address says to do; from then on only this page knows the token.
function readAddress() {
  const [, kind, value] = location.hash.match(/^#(\w+)=(.+)$/) ?? [];
  history.replaceState(null, "", location.pathname);
  token = value ?? null;
  go(KINDS.get(kind) ?? "forgot", "ask");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
again.addEventListener("click", () => go(VIEWS[view].another, "ask"));
part("show").addEventListener("click", () => {
  const shown = fields.password.type === "text";
  fields.password.type = shown ? "password" : "text";
  render();
  fields.password.focus();
});
part("language").addEventListener("click", () => {
  language = language === "en" ? "pt-BR" : "en";
  fault = "";
  render();
});
window.addEventListener("hashchange", () => location.hash && readAddress());

readAddress();
