// For a browser that is too old for the page's scripts, or a line that lost one of them: nothing would ever move.

addEventListener("load", function () {
  if (document.body.hasAttribute("data-pending")) return;
  document.getElementById("dead").hidden = false;
  document.getElementById("bar").hidden = false;
});
