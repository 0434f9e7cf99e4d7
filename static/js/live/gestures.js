// Hands on the picture: drag moves the cloth, two fingers size and turn it, so do the wheel and keys.
// A finger beside the cloth scrolls the page as ever.

const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

// hand: { isCloth(event), move(x, y in CSS pixels), nudge(x, y in steps), resize(factor), turn(degrees), done(byKey) }
export function listen(box, hand) {
  const down = new Map(); // pointer id → where it was last
  let last = null; // distance and angle between two fingers
  const ears = new AbortController();
  const hear = (name, act, options = {}) => box.addEventListener(name, act, { signal: ears.signal, ...options });

  hear("touchstart", (event) => {
    if ([...event.touches].every((touch) => hand.isCloth(touch))) event.preventDefault();
  }, { passive: false });
  hear("pointerdown", (event) => {
    if (event.button !== 0 || !hand.isCloth(event)) return;
    down.set(event.pointerId, [event.clientX, event.clientY]);
    last = spread(down);
    box.setPointerCapture(event.pointerId);
    box.classList.add("is-held");
    if (event.pointerType === "mouse") event.preventDefault(); // no dragging of the image itself
    box.focus({ preventScroll: true });
  });
  hear("pointermove", (event) => {
    box.classList.toggle("is-over-cloth", hand.isCloth(event));
    const before = down.get(event.pointerId);
    if (!before) return;
    const share = 1 / down.size; // two fingers move the cloth by their middle
    hand.move((event.clientX - before[0]) * share, (event.clientY - before[1]) * share);
    down.set(event.pointerId, [event.clientX, event.clientY]);
    const now = spread(down);
    if (last && now) {
      if (last.far > 8) hand.resize(now.far / last.far);
      hand.turn(((now.angle - last.angle + 540) % 360) - 180);
    }
    last = now;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    hear(name, (event) => {
      if (!down.delete(event.pointerId)) return;
      last = spread(down);
      if (down.size) return;
      box.classList.remove("is-held");
      hand.done(false);
    });
  }
  hear("wheel", (event) => {
    if (!hand.isCloth(event) || !(event.ctrlKey || document.activeElement === box)) return; // else the page scrolls
    event.preventDefault();
    if (event.shiftKey) hand.turn((event.deltaY || event.deltaX) * 0.05);
    else hand.resize(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
    hand.done(false);
  }, { passive: false });
  hear("keydown", (event) => {
    if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 4 : 1;
    if (KEYS[event.key]) hand.nudge(...KEYS[event.key].map((way) => way * step));
    else if (event.key === "+" || event.key === "=") hand.resize(1.05);
    else if (event.key === "-") hand.resize(1 / 1.05);
    else if (event.key === "]" || event.key === ".") hand.turn(5);
    else if (event.key === "[" || event.key === ",") hand.turn(-5);
    else return;
    event.preventDefault();
    hand.done(true);
  });
  return () => ears.abort();
}

function spread(down) {
  if (down.size !== 2) return null;
  const [[x0, y0], [x1, y1]] = down.values();
  return { far: Math.hypot(x1 - x0, y1 - y0), angle: (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI };
}
