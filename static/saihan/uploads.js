// Photos and files of a form: previews, several shots one after the other, and a tap that takes one away again.
// Without this file the inputs are the browser's own, and the server says the same things.

(() => {
  // The browser of an old phone cannot put files into an input: there it keeps what it has by itself.
  try {
    new DataTransfer();
  } catch {
    return;
  }
  const MOST_BYTES = 10 * 1024 * 1024;
  const PREVIEW = 144; // pixels, for 72 on dense screens
  const chosen = new WeakMap(); // the files of each form's block, over several choices

  function prepare() {
    for (const block of document.querySelectorAll(".uploads:not(.uploads-ready)")) {
      block.classList.add("uploads-ready");
      chosen.set(block, []);
    }
  }

  function hand(block) {
    // Everything goes through the last input; the camera's own keeps a single shot.
    const inputs = block.querySelectorAll("input[type=file]");
    const transfer = new DataTransfer();
    for (const file of chosen.get(block)) transfer.items.add(file);
    for (const input of inputs) input.value = "";
    inputs[inputs.length - 1].files = transfer.files;
    show(block);
  }

  function show(block) {
    const files = chosen.get(block);
    const list = block.querySelector(".uploads-chosen");
    list.replaceChildren(...files.map((file, index) => preview(block, file, index)));
    if (files.length > Number(block.dataset.most)) {
      const many = document.createElement("p");
      many.className = "field-error";
      many.textContent = block.dataset.many;
      list.append(many);
    }
  }

  function preview(block, file, index) {
    const item = document.createElement("div");
    item.className = "upload";
    const name = document.createElement("span");
    name.className = "upload-name";
    name.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn upload-remove";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${block.dataset.remove} ${file.name}`);
    remove.addEventListener("click", () => {
      chosen.get(block).splice(index, 1);
      hand(block);
    });
    if (file.size > MOST_BYTES) {
      const large = document.createElement("strong");
      large.className = "field-error";
      large.textContent = block.dataset.large;
      name.append(document.createElement("br"), large);
    }
    item.append(name, remove);
    if (file.type.startsWith("image/")) draw(file, item);
    return item;
  }

  // On a canvas: no address of its own is needed, which the security policy would refuse.
  async function draw(file, item) {
    try {
      const picture = await createImageBitmap(file, { resizeWidth: PREVIEW, resizeQuality: "medium" });
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = PREVIEW;
      const side = Math.min(picture.width, picture.height);
      canvas
        .getContext("2d")
        .drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, PREVIEW, PREVIEW);
      item.prepend(canvas);
    } catch {
      // A kind that this browser cannot show, such as HEIC: its name stands alone.
    }
  }

  document.addEventListener("change", (event) => {
    const block = event.target.closest?.(".uploads-ready");
    if (!block || event.target.type !== "file") return;
    const known = chosen.get(block);
    for (const file of event.target.files) {
      const same = (other) =>
        other.name === file.name && other.size === file.size && other.lastModified === file.lastModified;
      if (!known.some(same)) known.push(file);
    }
    hand(block);
  });

  document.addEventListener("submit", (event) => {
    for (const block of event.target.querySelectorAll(".uploads-ready")) {
      block.querySelector(".uploads-sending").hidden = chosen.get(block).length === 0;
    }
  });

  prepare();
  document.addEventListener("htmx:after:swap", prepare);
  // A page that comes back from the browser's memory still has its files, and no longer sends them.
  window.addEventListener("pageshow", () => {
    for (const waiting of document.querySelectorAll(".uploads-sending")) waiting.hidden = true;
  });
})();
