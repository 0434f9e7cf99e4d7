// How long the run that is being filled in takes: the page says it for 300 steps, this for the steps and the net chosen.
const told = document.querySelector("#how-long");
const steps = document.querySelector("#id_steps");
const net = document.querySelector("#id_net");
const each = new Map([...told.querySelectorAll("[data-net]")].map((span) => [span.dataset.net, span.dataset]));

function inWords(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 100) return `about ${minutes} minute${minutes > 1 ? "s" : ""}`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `about ${hours} hours` : `about ${Math.round(hours / 24)} days`;
}

function tell() {
  const count = Number(steps.value);
  const known = each.get(net.value);
  if (!known || !(count > 0)) return;
  const seconds = count * Number(known.step) + Number(known.after);
  told.textContent = `${count.toLocaleString("en")} steps take ${inWords(seconds)} here, roughly. A graphics card is many times as fast.`;
}

for (const field of [steps, net]) field.addEventListener("input", tell);
tell();
