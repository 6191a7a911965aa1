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
})();
