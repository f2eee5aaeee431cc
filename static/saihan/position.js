// “Use my position”: asks the device once, on a tap, and writes it into the form; nothing is sent before the form is.
// Without this file, or on a device that cannot tell, there is no button, and one writes the place in words.

(function () {
  var block = document.querySelector(".position");
  if (!block || !window.isSecureContext || !navigator.geolocation) return;
  var latitude = block.querySelector("[name=latitude]");
  var longitude = block.querySelector("[name=longitude]");
  var take = block.querySelector(".position-take");
  var clear = block.querySelector(".position-clear");
  var words = block.querySelector(".position-words");

  function show(accuracy) {
    var known = latitude.value !== "" && longitude.value !== "";
    take.hidden = known;
    clear.hidden = !known;
    words.textContent = known ? block.dataset.found.replace("{}", latitude.value + ", " + longitude.value) : "";
    if (known && accuracy) words.textContent += block.dataset.within.replace("{}", Math.ceil(accuracy));
  }

  function write(north, east) {
    latitude.value = north;
    longitude.value = east;
    // As if somebody had typed it, so that what depends on the place is looked up anew.
    latitude.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function found(position) {
    take.disabled = false;
    write(position.coords.latitude.toFixed(6), position.coords.longitude.toFixed(6));
    show(position.coords.accuracy);
    clear.focus();
  }

  function failed(error) {
    take.disabled = false;
    words.textContent = error.code === error.PERMISSION_DENIED ? block.dataset.denied : block.dataset.failed;
  }

  take.addEventListener("click", function () {
    take.disabled = true;
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 });
  });
  clear.addEventListener("click", function () {
    write("", "");
    show();
    take.focus();
  });
  block.hidden = false;
  show();
})();
