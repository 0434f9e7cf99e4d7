// <upload-form>: a chosen or taken photo is sent at once, with a note while it is looked at.

class UploadForm extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form.classList.add("is-live");
    form.addEventListener("change", (event) => {
      if (event.target.matches("input[type=file]")) this.#send(form, event.target);
    });
    form.addEventListener("submit", () => {
      this.querySelector(".progress-note").hidden = false;
      form.setAttribute("aria-busy", "true");
    });
    // Coming back to the page finds it ready again; the photo of before, which browsers put back, is not sent a second time.
    const returned = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
    addEventListener("pageshow", (event) => {
      if (event.persisted || returned) this.#reset(form);
    });
    // On a slow line a photo may be chosen before this module has come.
    if (!returned) for (const input of form.querySelectorAll("input[type=file]")) this.#send(form, input);
  }

  #send(form, chosen) {
    if (!chosen.files.length || form.hasAttribute("aria-busy")) return;
    for (const other of form.querySelectorAll("input[type=file]")) other.disabled = other !== chosen;
    form.requestSubmit();
  }

  #reset(form) {
    form.reset();
    form.removeAttribute("aria-busy");
    this.querySelector(".progress-note").hidden = true;
    for (const input of form.querySelectorAll("input[type=file]")) input.disabled = false;
  }
}

customElements.define("upload-form", UploadForm);
