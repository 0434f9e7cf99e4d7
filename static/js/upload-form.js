// <upload-form>: a chosen or taken photo is sent at once, with a note while it is looked at.

class UploadForm extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form.classList.add("is-live");
    form.addEventListener("change", (event) => {
      if (!event.target.matches("input[type=file]") || !event.target.files.length) return;
      for (const other of form.querySelectorAll("input[type=file]")) other.disabled = other !== event.target;
      form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      this.querySelector(".progress-note").hidden = false;
      form.setAttribute("aria-busy", "true");
    });
    // Coming back to the page by the back button finds it ready again.
    addEventListener("pageshow", () => this.#reset(form));
  }

  #reset(form) {
    form.reset();
    form.removeAttribute("aria-busy");
    this.querySelector(".progress-note").hidden = true;
    for (const input of form.querySelectorAll("input[type=file]")) input.disabled = false;
  }
}

customElements.define("upload-form", UploadForm);
