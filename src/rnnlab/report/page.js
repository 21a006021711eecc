// The report's page: where one is, what stands behind a number, figures at full size.
"use strict";

// The table of contents: beside the text where there is room, else folded above it.
{
  const contents = document.querySelector("#contents details");
  const roomy = matchMedia("(min-width: 72rem)");
  const fold = () => { contents.open = roomy.matches; };
  roomy.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !roomy.matches) contents.open = false;
  });
  const links = new Map([...contents.querySelectorAll("a[href^='#']")].map(
    (link) => [decodeURIComponent(link.hash.slice(1)), link],
  ));
  const headings = [...document.querySelectorAll("main :is(h1, h2, h3)[id]")];
  const show = () => {
    const past = headings.filter((each) => each.getBoundingClientRect().top < innerHeight / 4);
    const link = links.get(past.at(-1)?.id);
    for (const each of links.values()) each.removeAttribute("aria-current");
    for (const each of contents.querySelectorAll(".here")) each.classList.remove("here");
    if (!link) return;
    link.setAttribute("aria-current", "true");
    link.closest("#contents details > ul > li").classList.add("here");
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }, { passive: true });
  show();
}

// What stands behind a number. Tab goes to the first of a table or paragraph, arrows to the others;
// one that is a link is told of with its link.
{
  const GROUPS = "table, p, li";
  const numbers = (group) => [...group.querySelectorAll("[data-source]:not(a *)")];
  for (const group of document.querySelectorAll(GROUPS)) {
    numbers(group).forEach((number, place) => { number.tabIndex = place ? -1 : 0; });
  }
  const sources = JSON.parse(document.querySelector("#sources").textContent);
  const box = Object.assign(document.createElement("div"), { id: "source", role: "tooltip", hidden: true });
  document.body.append(box);
  const hide = () => {
    box.hidden = true;
    document.querySelector("[aria-describedby=source]")?.removeAttribute("aria-describedby");
  };
  const show = (number) => {
    hide();
    box.textContent = sources[number.dataset.source];
    box.hidden = false;
    (number.closest("a") ?? number).setAttribute("aria-describedby", "source");
    const place = number.getBoundingClientRect();
    const above = place.bottom + box.offsetHeight > innerHeight && place.top > box.offsetHeight;
    const room = document.documentElement.clientWidth - box.offsetWidth - 8;
    box.style.left = `${Math.max(8, Math.min(place.left, room))}px`;
    box.style.top = `${scrollY + (above ? place.top - box.offsetHeight : place.bottom)}px`;
  };
  const told = (event) => event.target.closest?.("[data-source]")
    ?? event.target.closest?.("a")?.querySelector("[data-source]");
  for (const kind of ["focusin", "mouseover"]) {
    document.addEventListener(kind, (event) => { if (told(event)) show(told(event)); });
  }
  for (const kind of ["focusout", "mouseout"]) {
    document.addEventListener(kind, (event) => {
      if (told(event) && !box.contains(event.relatedTarget)) hide();
    });
  }
  box.addEventListener("mouseleave", hide);
  /** The number that an arrow key leads to. */
  const beside = (number, key) => {
    const all = numbers(number.closest(GROUPS));
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) return all[all.indexOf(number) + step];
    const below = all.filter((each) => each.cellIndex === number.cellIndex);
    return below[below.indexOf(number) + { ArrowDown: 1, ArrowUp: -1 }[key]];
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const number = told(event);
    if (!number || number.closest("a") || !event.key.startsWith("Arrow")) return;
    const next = beside(number, event.key);
    if (!next || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    [number.tabIndex, next.tabIndex] = [-1, 0];
    next.focus();
  });
}

// Words in the place of their picture.
for (const words of document.querySelectorAll(".heat")) {
  const picture = document.querySelector(`img[data-file="${words.dataset.still}"]`);
  if (!picture) continue;
  picture.closest("p").replaceWith(words);
  words.hidden = false;
}

// What scrolls sideways can be scrolled by keys.
{
  const mark = ({ target }) => {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(mark));
  for (const each of document.querySelectorAll(".table, .wide, pre, math[display=block]")) {
    mark({ target: each });
    sizes.observe(each);
  }
}

// On paper nothing unfolds.
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("main details")) each.open = true;
});

// Figures at full size.
for (const image of document.querySelectorAll("main img")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "enlarge" });
  image.replaceWith(button);
  button.append(image);
  button.addEventListener("click", () => {
    const dialog = document.querySelector("dialog");
    dialog.querySelector("img")?.remove();
    dialog.append(image.cloneNode());
    dialog.showModal();
  });
}
document.querySelector("dialog").addEventListener("click", (event) => event.currentTarget.close());

// Chromium draws the first text of each style before it knows the page's own Chinese font, and then
// keeps those boxes. Another look of the text, once the font is there, makes it draw them again.
document.fonts.ready.then(() => { document.body.style.fontFeatureSettings = '"kern"'; });
