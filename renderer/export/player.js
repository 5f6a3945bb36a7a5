// The player of an exported replay: runs in any browser, from one file, with nothing else.
(() => {
  'use strict';
  const { text, states, steps, words } = JSON.parse(document.getElementById('replay').textContent);
  const [committed, canvas, slider, caption, play, speed] = [
    'committed',
    'canvas',
    'slider',
    'caption',
    'play',
    'speed',
  ].map((id) => document.getElementById(id));
  let step = 0;
  let playing = false;
  let ms = 0;
  let last = 0;

  function show(to) {
    step = Math.max(0, Math.min(steps.length - 1, to));
    const [, length, slots, said] = steps[step];
    committed.textContent = text.slice(0, length);
    canvas.replaceChildren(
      // eslint-disable-next-line mezzotint/no-spread-of-data -- a block's slots
      ...slots.map(([state, piece, p]) => {
        const slot = document.createElement('span');
        slot.dataset.state = states[state];
        slot.style.setProperty('--p', p ?? (states[state] === 'locked' ? 1 : 0.5));
        slot.textContent = states[state] === 'masked' ? '\u2003\u2003' : piece.replace(/\n/g, '\u21b5');
        return slot;
      }),
    );
    caption.textContent = said;
    slider.value = step;
    slider.setAttribute('aria-valuetext', said);
  }
  function seek(to) {
    show(to);
    ms = steps[step][0];
  }
  function set(on) {
    playing = on;
    play.textContent = on ? words.pause : words.play;
  }
  function tick(now) {
    if (!playing) return;
    ms += (now - last) * Number(speed.value);
    last = now;
    let to = step;
    while (to < steps.length - 1 && steps[to + 1][0] <= ms) to++;
    if (to !== step) show(to);
    if (step === steps.length - 1) set(false);
    else requestAnimationFrame(tick);
  }
  function toggle() {
    if (playing) return set(false);
    seek(step === steps.length - 1 ? 0 : step);
    set(true);
    last = performance.now();
    requestAnimationFrame(tick);
  }
  const byHand = (to) => {
    set(false);
    seek(to);
  };
  play.addEventListener('click', toggle);
  slider.addEventListener('input', () => byHand(Number(slider.value)));
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === speed) return;
    if (event.key === ' ' && event.target !== play) toggle();
    else if (event.key === 'ArrowLeft') byHand(step - 1);
    else if (event.key === 'ArrowRight') byHand(step + 1);
    else if (event.key === 'Home') byHand(0);
    else if (event.key === 'End') byHand(steps.length - 1);
    else return;
    event.preventDefault();
  });
  slider.max = steps.length - 1;
  // it opens at its start and plays; where motion is unwanted it waits there
  seek(0);
  set(false);
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) toggle();
})();
