// <curation-grid>: decide with the keyboard, without leaving the page; its words are attributes of the element. Without this every
// button still works as a plain form.

import { fill } from "./words.js";

const KEYS = { a: "accept", r: "reject", b: "back" };
const DECIDED = { accept: "accepted", reject: "rejected", back: "new" };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down" };

class CurationGrid extends HTMLElement {
  #queue = Promise.resolve(); // one decision after the other, in the order of the keys

  connectedCallback() {
    this.form = this.querySelector("form");
    this.cards = [...this.querySelectorAll(".swatch-card")];
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    addEventListener("keydown", (event) => this.#pressed(event));
    const all = this.querySelector("[data-pick-all]");
    all.addEventListener("change", () => {
      for (const card of this.cards) this.#box(card).checked = all.checked;
    });
    this.querySelector(".pick-all").hidden = this.querySelector(".swatch-keys").hidden = !this.cards.length;
    const hasKeys = matchMedia("(hover: hover) and (pointer: fine)").matches;
    if (hasKeys && this.cards.length && document.activeElement === document.body) this.#box(this.cards[0]).focus({ preventScroll: true });
    this.classList.add("is-live");
  }

  #box(card) {
    return card.querySelector("input[name=pick]");
  }

  #focus(card) {
    if (!card) return;
    this.#box(card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  get #words() {
    const { sayNew, sayAccepted, sayRejected } = this.dataset;
    return { new: sayNew, accepted: sayAccepted, rejected: sayRejected };
  }

  get #current() {
    return document.activeElement?.closest?.(".swatch-card");
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, textarea, input:not([type=checkbox])")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key in KEYS && this.#current) this.#decide(this.#current, KEYS[key]);
    else if (key in STEPS && this.cards.length) this.#move(STEPS[key]);
    else if (key === "u") this.querySelector("button.undo:not([hidden])")?.click();
    else if (key === "n") this.querySelector("a[rel=next]")?.click();
    else return;
    event.preventDefault();
  }

  #move(step) {
    const at = this.cards.indexOf(this.#current);
    if (at < 0) return this.#focus(this.cards[0]);
    if (typeof step === "number") return this.#focus(this.cards[at + step]);
    const here = this.cards[at].getBoundingClientRect();
    const rows = this.cards.filter((card) => {
      const there = card.getBoundingClientRect();
      return Math.abs(there.left - here.left) < 2 && (step === "up" ? there.top < here.top - 2 : there.top > here.top + 2);
    });
    this.#focus(step === "up" ? rows.at(-1) : rows[0]);
  }

  #submitted(event) {
    const button = event.submitter;
    const card = button?.closest(".swatch-card");
    if (!card || !(button.name in DECIDED)) return; // picked ones, everything, undo: the page comes again
    event.preventDefault();
    this.#decide(card, button.name);
  }

  #decide(card, choice) {
    const state = DECIDED[choice];
    const before = ["new", "accepted", "rejected"].find((each) => card.classList.contains(`is-${each}`));
    this.#show(card, state);
    this.#focus(this.#nextAfter(card));
    const fields = new FormData();
    fields.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    fields.set(choice, card.dataset.swatch);
    this.#queue = this.#queue.then(() => this.#send(fields)).catch((error) => {
      this.#show(card, before);
      this.#say(fill(this.dataset.sayFailed, { number: card.dataset.swatch, why: error.message }));
    });
  }

  #nextAfter(card) {
    const at = this.cards.indexOf(card);
    return this.cards.slice(at + 1).find((each) => each.classList.contains("is-new")) ?? this.cards[at + 1] ?? card;
  }

  #show(card, state) {
    card.classList.remove("is-new", "is-accepted", "is-rejected");
    card.classList.add(`is-${state}`);
    card.querySelector(".swatch-state").textContent = this.#words[state];
  }

  async #send(fields) {
    const answer = await fetch(location.href.split("#")[0], {
      method: "POST",
      body: fields,
      headers: { Accept: "application/json" },
      redirect: "error",
    }).catch(() => {
      throw new Error(this.dataset.sayAway);
    });
    const told = await answer.json().catch(() => {
      throw new Error(this.dataset.sayReload);
    });
    if (!answer.ok) throw new Error(told.said);
    this.#say(told.said);
    for (const [name, count] of Object.entries(told.counts)) {
      for (const place of document.querySelectorAll(`[data-count="${name}"]`)) place.textContent = count;
    }
    const verdict = document.querySelector(".swatch-verdict");
    verdict.className = `swatch-verdict is-${told.verdict.level}`;
    verdict.querySelector(".verdict-words").textContent = told.verdict.words;
    verdict.querySelector(".verdict-reason").textContent = told.verdict.reason;
    const undo = this.querySelector("button.undo");
    undo.hidden = !told.undo;
    undo.textContent = told.undo || this.dataset.sayUndo;
  }

  #say(sentence) {
    this.querySelector(".swatch-said").textContent = sentence;
  }
}

customElements.define("curation-grid", CurationGrid);
