// For a browser too old for the scripts, or a line that lost one.

addEventListener("load", function () {
  if (document.body.hasAttribute("data-pending") && !document.querySelector("[inert]")) return;
  document.getElementById("dead").hidden = false;
  document.getElementById("bar").hidden = false;
});
