// Draws the charts of a page from the options beside them. Without this file the tables stand open and say the same.

(() => {
  const NARROW = 560; // px of the picture at letters of 14 px; below it weeks stand below each other
  const PAPER = 680; // px, the width of a sheet of A4 inside its margins
  const drawn = new Map(); // the picture and its ECharts instance
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const paper = matchMedia("print");
  let isPrinting = false;

  // A tooltip is made of nodes, so that a name is never read as HTML.
  function words(text) {
    const line = document.createElement("span");
    line.textContent = text;
    return line;
  }

  const month = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short" });
  // What options name instead of a function.
  const FORMATTERS = {
    day: (value) => value.slice(5),
    month: ({ yyyy, M }) => month.format(new Date(yyyy, M - 1)),
    day_count: ({ value }) => words(`${value[0]}  ${value[1]}`),
    // Where there is no room for it, without what is before the colon: the title says the columns.
    loop: ({ name, value }) => `${name.split(/[:：]\s*/).pop()} ${value}`,
    flow: ({ dataType, data, name, value }) =>
      words(dataType === "edge" ? `${data.source} → ${data.target}  ${value}` : `${name}  ${value}`),
    area: ({ treePathInfo, value }) => words(`${treePathInfo.slice(1).map((part) => part.name).join(" · ")}  ${value}`),
  };

  // The colours and sizes of where the chart stands: light or dark, on a phone or a wall.
  function surroundings(figure) {
    const style = getComputedStyle(figure);
    const size = parseFloat(style.fontSize);
    return { size, unit: size / 14, font: style.fontFamily, colour: (name) => style.getPropertyValue(name).trim() };
  }

  // Which cell of the table says what was clicked: its row and column.
  const CELLS = {
    sankey: ({ dataType, dataIndex }) => (dataType === "edge" ? [dataIndex, 2] : []),
    trend: ({ dataIndex, seriesIndex }) => [dataIndex, seriesIndex + 1],
    bars: ({ dataIndex }) => [dataIndex, 0],
    calendar: ({ dataIndex }) => [dataIndex, 1],
    treemap: ({ data }) => [data.row, 2],
  };

  function follow(figure, clicked) {
    const [row, column] = CELLS[kindOf(figure)](clicked);
    const link = figure.querySelector("tbody").rows[row]?.cells[column].querySelector("a");
    if (link) location.assign(link.href);
  }

  function kindOf(figure) {
    return Object.keys(LAYOUTS).find((kind) => figure.classList.contains(`chart-${kind}`));
  }

  // The option with functions and colours in place of their names; what people wrote is left as it is.
  function resolved(part, colour) {
    if (Array.isArray(part)) return part.map((each) => resolved(each, colour));
    if (part === null || typeof part !== "object") return part;
    const found = {};
    for (const [key, value] of Object.entries(part)) {
      if (key === "formatter") found[key] = FORMATTERS[value] ?? value;
      else if (key === "color" && Array.isArray(value)) found[key] = value.map(colour);
      else if (key === "color" && String(value).startsWith("--")) found[key] = colour(value);
      else found[key] = resolved(value, colour);
    }
    return found;
  }

  function theme({ size, unit, font, colour }) {
    const text = { color: colour("--chart-words"), fontFamily: font, fontSize: size };
    const quiet = { color: colour("--chart-quiet"), fontFamily: font, fontSize: size };
    const line = { color: colour("--chart-line"), width: unit };
    const axis = { axisLabel: quiet, axisLine: { lineStyle: line }, axisTick: { show: false }, splitLine: { lineStyle: line } };
    // Letters keep no seam of another colour around them: it blurs them on a wall and on paper.
    const label = { ...text, textBorderWidth: 0 };
    return {
      color: [1, 2, 3, 4, 5].map((number) => colour(`--chart-${number}`)),
      textStyle: text,
      categoryAxis: { ...axis, axisLabel: { ...quiet, color: text.color }, splitLine: { show: false } },
      valueAxis: axis,
      legend: { textStyle: text, itemWidth: 22 * unit, itemHeight: 12 * unit, itemGap: 16 * unit, top: 0 },
      tooltip: {
        confine: true,
        backgroundColor: colour("--chart-ground"),
        borderColor: line.color,
        textStyle: text,
        transitionDuration: calm.matches ? 0 : 0.2,
      },
      line: { symbolSize: 7 * unit, lineStyle: { width: 2 * unit } },
      bar: { label, barMaxWidth: 22 * unit },
      sankey: { label, nodeWidth: 14 * unit, nodeGap: 1.3 * size, lineStyle: { opacity: 0.35 } },
      treemap: {
        label: { ...label, color: colour("--chart-on-fill"), overflow: "truncate" },
        upperLabel: { ...label, color: colour("--chart-words"), height: 24 * unit },
        itemStyle: { borderColor: colour("--chart-ground"), gapWidth: 2 * unit, borderWidth: 2 * unit },
      },
    };
  }

  function weeks(range) {
    return Math.ceil((Date.parse(range[1]) - Date.parse(range[0])) / 6048e5) + 1;
  }

  // Where things stand in the picture, which depends on its width.
  const LAYOUTS = {
    sankey: sankey,
    trend: (option, unit) => frame(option, unit, 20),
    bars: (option, unit) => frame(option, unit, 48),
    treemap: (option) => Object.assign(option.series[0], { left: 0, right: 0, top: 0, bottom: 0 }),
    calendar: calendar,
  };

  function frame(option, unit, right) {
    Object.assign(option.grid, { left: 4, right: right * unit, top: (option.legend.show ? 36 : 12) * unit, bottom: 4 });
  }

  function sankey(option, unit, width, { size }) {
    const [series] = option.series;
    Object.assign(series, { left: 0, right: 0, top: 8 * unit, bottom: 8 * unit });
    if (width >= NARROW * unit) return;
    // On a phone each column of names has a room of its own: those at the end stand outside.
    const letters = 0.8 * size;
    Object.assign(series, { right: 11 * letters, label: { ...series.label, fontSize: letters, formatter: FORMATTERS.loop } });
    for (const { label } of series.nodes) if (label) Object.assign(label, { position: "right", formatter: "{b} {c}" });
  }

  // On a phone a week is a line of its own, low enough for a year not to be endless.
  function calendar(option, unit, width, { size, font, colour }, picture) {
    const isNarrow = width < NARROW * unit;
    const across = isNarrow ? 7 : weeks(option.calendar.range);
    const down = isNarrow ? weeks(option.calendar.range) : 7;
    const cell = Math.min((width - 56 * unit) / across, (isNarrow ? 44 : 22) * unit);
    const tall = isNarrow ? 14 * unit : cell;
    const label = { color: colour("--chart-quiet"), fontFamily: font, fontSize: size };
    Object.assign(option.calendar, {
      orient: isNarrow ? "vertical" : "horizontal",
      left: 44 * unit,
      top: 28 * unit,
      cellSize: [cell, tall],
      itemStyle: { color: colour("--chart-ground"), borderColor: colour("--chart-line"), borderWidth: 1 },
      splitLine: { lineStyle: { color: colour("--chart-quiet"), width: unit } },
    });
    const names = option.calendar.dayLabel.nameMap;
    // Where lines are lower than letters every other day is named.
    if (!isNarrow && cell < size) option.calendar.dayLabel.nameMap = names.map((name, day) => (day % 2 ? name : ""));
    Object.assign(option.calendar.dayLabel, label);
    Object.assign(option.calendar.monthLabel, label);
    Object.assign(option.visualMap, {
      left: 40 * unit,
      bottom: 0,
      itemWidth: 14 * unit,
      itemHeight: 140 * unit,
      textStyle: label,
      text: [String(option.visualMap.max), "0"],
    });
    picture.style.height = `${28 * unit + down * tall + 40 * unit}px`;
  }

  function moves(figure) {
    return !calm.matches && !isPrinting && !figure.closest("[data-still]");
  }

  // Lays the chart out for its place, or for this width.
  function arrange(picture, chart, width) {
    const figure = picture.closest(".chart");
    const around = surroundings(figure);
    const option = resolved(JSON.parse(figure.querySelector("script").textContent), around.colour);
    LAYOUTS[kindOf(figure)](option, around.unit, width ?? picture.clientWidth, around, picture);
    chart.resize({ width: width ?? "auto" });
    chart.setOption({ animation: moves(figure), ...option }, { notMerge: true });
  }

  function draw(picture) {
    const figure = picture.closest(".chart");
    figure.classList.add("chart-drawn");
    const chart = echarts.init(picture, theme(surroundings(figure)), { renderer: "svg" });
    drawn.set(picture, chart);
    arrange(picture, chart);
    chart.on("click", (clicked) => follow(figure, clicked));
    figure.querySelector(".chart-table").open = false;
    sizes.observe(picture);
  }

  const sizes = new ResizeObserver((entries) => {
    if (isPrinting || paper.matches) return;
    for (const { target } of entries) {
      const chart = drawn.get(target);
      if (!chart || !target.clientWidth || chart.getWidth() === target.clientWidth) continue;
      arrange(target, chart);
    }
  });

  // What a swap took away is given up, or a screen that refreshes itself for days would keep it all.
  function forget() {
    for (const [picture, chart] of drawn) {
      if (picture.isConnected) continue;
      sizes.unobserve(picture);
      chart.dispose();
      drawn.delete(picture);
    }
  }

  function drawAll() {
    forget();
    for (const picture of document.querySelectorAll(".chart:not(.chart-drawn, .chart-failed) .chart-picture")) {
      try {
        draw(picture);
      } catch (error) {
        picture.closest(".chart").classList.replace("chart-drawn", "chart-failed");
        console.error(error);
      }
    }
  }

  // On paper a picture is laid out for the sheet and then as wide as its place there, letters and all.
  addEventListener("beforeprint", () => {
    isPrinting = true;
    for (const [picture, chart] of drawn) {
      arrange(picture, chart, PAPER);
      chart.getZr().flush();
      picture.querySelector("svg").setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
    }
  });

  function printed() {
    if (!isPrinting || paper.matches) return;
    isPrinting = false;
    for (const [picture, chart] of drawn) {
      picture.querySelector("svg").removeAttribute("viewBox");
      arrange(picture, chart);
    }
  }
  addEventListener("afterprint", printed);
  paper.addEventListener("change", printed);

  document.addEventListener("htmx:after:swap", drawAll);
  document.addEventListener("screen:swap", drawAll);
  drawAll();
})();
