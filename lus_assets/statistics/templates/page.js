(function () {
  "use strict";
  var select = document.getElementById("kommunval");
  var holder = document.getElementById("kommuner");
  if (!select || !holder) { return; }
  var articles = Array.prototype.slice.call(holder.querySelectorAll("article"));
  function show(id) {
    articles.forEach(function (article) { article.hidden = article.id !== id; });
    select.value = articles.some(function (article) { return article.id === id; }) ? id : "";
  }
  function fromAddress() {
    var id = decodeURIComponent(location.hash.slice(1));
    if (articles.some(function (article) { return article.id === id; })) {
      show(id);
      document.getElementById(id).scrollIntoView();
    }
  }
  holder.open = true;
  holder.querySelector("summary").hidden = true;
  document.querySelector(".picker").hidden = false;
  show("");
  select.addEventListener("change", function () {
    show(select.value);
    if (select.value) { history.replaceState(null, "", "#" + select.value); }
  });
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
