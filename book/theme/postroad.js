// Predict, then reveal: the answer stays folded until the reader commits to a choice. Without this file the answers
// are plain <details> that anybody can open.
"use strict";
(() => {
  const plain = (text) => text.trim().toLowerCase().replace(/\s+/g, " ").replace(/[.`"<>]/g, "");
  for (const ask of document.querySelectorAll(".pr-ask")) {
    const check = ask.querySelector(".pr-check");
    const verdict = ask.querySelector(".pr-verdict");
    const answer = ask.querySelector(".pr-answer");
    const free = ask.querySelector(".pr-free input");
    const choices = [...ask.querySelectorAll(".pr-choice")];
    check.hidden = false;
    answer.hidden = true;
    const commit = () => {
      const picked = choices.findIndex((choice) => choice.querySelector("input").checked);
      if (free ? free.value.trim() === "" : picked < 0) {
        verdict.textContent = free ? "Write down what you expect first." : "Pick what you expect first.";
        return;
      }
      const right = Number(ask.dataset.right);
      const good = free ? plain(free.value) === plain(ask.dataset.answer) : picked === right;
      choices.forEach((choice, i) => {
        choice.classList.toggle("pr-is-right", i === right);
        choice.classList.toggle("pr-is-wrong", i === picked && !good);
      });
      const said = answer.querySelector(".pr-said").textContent.trim();
      verdict.textContent = good ? "✓ As you said." : `✗ The run says otherwise: ${said}`;
      answer.hidden = false;
      answer.open = true;
    };
    check.addEventListener("click", commit);
    if (free) {
      free.addEventListener("keydown", (event) => {
        if (event.key === "Enter") commit();
      });
    }
  }

  // What is wider than the page scrolls in a box of its own. Such a box must be reachable with the keyboard and have a
  // name; one that fits should not be a stop on the way. Pictures say that there is more of them.
  const named = { TABLE: "Table, wider than the page", PRE: "Text, wider than the page" };
  const look = (box) => {
    const wider = box.scrollWidth > box.clientWidth + 1;
    const picture = box.classList.contains("pr-scroll");
    if (wider) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      if (!picture) box.setAttribute("aria-label", named[box.matches(".table-wrapper") ? "TABLE" : "PRE"]);
    } else {
      box.removeAttribute("tabindex");
      if (!picture) {
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    }
    if (!picture) return;
    let hint = box.previousElementSibling;
    if (wider && !hint) {
      hint = document.createElement("p");
      hint.className = "pr-wider";
      hint.textContent = "Wider than the page: scroll sideways →";
      box.before(hint);
    } else if (!wider && hint) {
      hint.remove();
    }
  };
  const watch = new ResizeObserver((entries) => entries.forEach((entry) => look(entry.target)));
  const boxes = ".pr-scroll, pre.pr-dialogue, pre.pr-text, .table-wrapper, main pre > code";
  for (const box of document.querySelectorAll(boxes)) watch.observe(box);
})();
